"""A step's output, to which the user attaches."""

import subprocess

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    subprocess.Popen(["srun", "--overlap", "-n1", "sh", "-c",
                      f"while sleep 0.2; do echo {it.token}; done"], stdout=subprocess.DEVNULL)


def beside(it):
    steps = run("squeue", "--steps", f"--job={it.job}", "--noheader", "--format=%i").split()
    for step in steps:
        if step.split(".")[-1].isdigit():
            print(run("bash", "-c", f"timeout 2 sattach {step}; true"))
