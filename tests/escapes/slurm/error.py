"""Standard error."""

import os

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    os.write(4, it.bytes + b"\n")
