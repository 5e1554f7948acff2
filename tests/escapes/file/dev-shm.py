"""Leaves it in /dev/shm."""

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    write(f"/dev/shm/{it.name}", it.token)
