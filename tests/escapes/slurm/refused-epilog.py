"""The epilog of a refused step, which slurmstepd runs after the task."""

import subprocess

from lib import plant, tell

STOPPED_BY = "namespaces landlock"


def beside(it):
    subprocess.run(["srun", "-w", "n1", "-n1", f"--task-epilog={plant(it)}", "true"], timeout=6)
    tell(it)
