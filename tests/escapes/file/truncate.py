"""The lengths of files outside are set to what is carried out, truncate(2)."""

import os

from lib import make

STOPPED_BY = "namespaces landlock"


def listen(it):
    for path in it.row:
        make(path)


def inside(it):
    for path, byte in zip(it.row, it.bytes):
        os.truncate(path, byte)


def after(it):
    print(bytes(os.stat(path).st_size for path in it.row))
