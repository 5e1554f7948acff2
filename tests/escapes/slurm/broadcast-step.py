"""Copies a program to the nodes with srun --bcast."""

import os

from lib import run, write

STOPPED_BY = "namespaces"


def inside(it):
    write("loot.sh", f"#!/bin/sh\n#{it.token}\n")
    os.chmod("loot.sh", 0o755)
    run("srun", "--overlap", "-n1", f"--bcast=/tmp/{it.name}-copy", "./loot.sh")
