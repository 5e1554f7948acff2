"""Writes on a terminal of the same user."""

import os

from lib import make, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    master, slave = os.openpty()
    make(f"/srv/drop/{it.name}-path", os.ttyname(slave))
    while True:
        print(os.read(master, 4096), flush=True)


def inside(it):
    # The user would know the name; here every terminal is tried.
    for number in range(64):
        try:
            write(f"/dev/pts/{number}", it.token + "\n")
        except OSError:
            pass
