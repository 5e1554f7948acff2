"""Standard output, for which Slurm opened a file of the user's."""

import os

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    os.write(3, it.bytes + b"\n")
