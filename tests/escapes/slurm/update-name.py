"""Changes the name of its own job."""

import os

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("scontrol", "update", f"job={os.environ['SLURM_JOB_ID']}", f"name={it.token}")
