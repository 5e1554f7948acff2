"""Leaves it in /var/tmp."""

from lib import write

STOPPED_BY = "namespaces landlock"


def inside(it):
    write(f"/var/tmp/{it.name}", it.token)
