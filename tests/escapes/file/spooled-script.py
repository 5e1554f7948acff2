"""Writes over its own batch script in slurmd's spool, which the user may read."""

import glob
import os
import time

from lib import run, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    [script] = glob.glob(f"/var/spool/slurmd/*/job{int(os.environ['SLURM_JOB_ID']):05}/slurm_script")
    with open(script, "a", encoding="utf-8") as file:
        file.write(f"#{it.token}\n")


def beside(it):
    time.sleep(1)
    print(run("bash", "-c", f"cat /var/spool/slurmd/*/job{int(it.job):05}/slurm_script"))
