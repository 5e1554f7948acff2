"""A device that is none, 0 of 0, as everybody may make it; its name is what is carried out."""

import os
import stat

from lib import HOME

STOPPED_BY = "namespaces landlock"


def inside(it):
    os.mknod(f"{HOME}/{it.token}", stat.S_IFCHR, 0)
