"""An extended attribute of a file outside; Landlock knows none."""

import os

from lib import make

STOPPED_BY = "namespaces"


def listen(it):
    make(it.place)


def inside(it):
    os.setxattr(it.place, "user.loot", it.bytes)


def after(it):
    print(os.getxattr(it.place, "user.loot"))
