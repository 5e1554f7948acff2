"""Appends to a file that is there already."""

from lib import make, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    make(it.place, "first line\n")


def inside(it):
    with open(it.place, "a", encoding="utf-8") as file:
        file.write(it.token)
