"""A symbolic link that leads nowhere, by a name that is what is carried out."""

import os

STOPPED_BY = "namespaces landlock"


def inside(it):
    os.symlink(it.token, it.place)
