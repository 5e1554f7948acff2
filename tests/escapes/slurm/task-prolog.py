"""A step from outside whose prolog reads the data."""

import os

from lib import CANARY, run, write

STOPPED_BY = "namespaces"


def beside(it):
    write(it.place, f"#!/bin/sh\nsed 's/$/{it.tag}/' {CANARY} > /srv/drop/{it.name}\n")
    os.chmod(it.place, 0o755)
    try:
        run("srun", f"--jobid={it.job}", "--overlap", "-n1", f"--task-prolog={it.place}", "true")
    finally:
        print(open(f"/srv/drop/{it.name}", encoding="utf-8").read())
