"""A step's name."""

import time

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("timeout", "5", "srun", "--overlap", "-n1", f"--job-name={it.token}", "sleep", "4")


def beside(it):
    for _ in range(20):
        print(run("squeue", "--steps", "--noheader", "--format=%j"))
        time.sleep(0.2)
