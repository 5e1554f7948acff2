"""A second name, outside, for a file of the run directory."""

import os

from lib import RUNS, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    write(it.name, it.token)
    os.link(it.name, f"{RUNS}/linked")
