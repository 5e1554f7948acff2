"""A file that never had a name is given one outside, O_TMPFILE and linkat(2)."""

import os

from lib import HOME, call, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    file = os.open(HOME, os.O_TMPFILE | os.O_WRONLY, 0o644)
    os.write(file, it.bytes)
    at_fdcwd, follow = -100, 0x400
    call(265, at_fdcwd, f"/proc/self/fd/{file}".encode(), at_fdcwd, it.place.encode(), follow)
