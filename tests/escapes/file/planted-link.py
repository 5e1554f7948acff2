"""A link at a name that the job is about to write leads it into the user's home."""

import os

from lib import write

STOPPED_BY = "namespaces"


def listen(it):
    os.symlink(it.place, f"/tmp/{it.name}-report")


def inside(it):
    write(f"/tmp/{it.name}-report", it.token)
