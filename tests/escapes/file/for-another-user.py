"""Gives a file to everybody to read, so that another user fetches it."""

from lib import make

STOPPED_BY = "namespaces"


def inside(it):
    make(f"/tmp/{it.name}", it.token)
