"""An empty file, whose name is what is carried out."""

from lib import HOME, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    write(f"{HOME}/{it.token}", "")
