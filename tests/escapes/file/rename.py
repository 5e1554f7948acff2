"""Renames a file of the run directory into another one."""

import os

from lib import RUNS, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    write(it.name, it.token)
    os.rename(it.name, f"{RUNS}/renamed")
