"""A directory's name carries it out."""

import os

from lib import HOME

STOPPED_BY = "namespaces landlock"


def inside(it):
    os.mkdir(f"{HOME}/{it.token}")
