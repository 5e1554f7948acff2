"""The epilog of a refused step, which slurmstepd runs after the task."""

import os
import subprocess

from lib import write

STOPPED_BY = "namespaces landlock"


def beside(it):
    write(it.place, f"#!/bin/sh\ntouch /srv/drop/{it.name}\n")
    os.chmod(it.place, 0o755)
    subprocess.run(["srun", "-w", "n1", "-n1", f"--task-epilog={it.place}", "true"], timeout=6)
    if os.path.exists(f"/srv/drop/{it.name}"):
        print(it.mark)
