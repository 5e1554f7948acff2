"""The times of files outside are set to what is carried out; Landlock knows no times."""

import os

from lib import make

STOPPED_BY = "namespaces"


def listen(it):
    for path in it.row:
        make(path)


def inside(it):
    for path, byte in zip(it.row, it.bytes):
        os.utime(path, (byte, byte))


def after(it):
    print(bytes(int(os.stat(path).st_mtime) % 256 for path in it.row))
