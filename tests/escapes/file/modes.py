"""The modes of files outside are set to what is carried out; Landlock knows no modes."""

import os

from lib import make

STOPPED_BY = "namespaces"


def listen(it):
    for path in it.row:
        make(path)


def inside(it):
    for path, byte in zip(it.row, it.bytes):
        os.chmod(path, byte)


def after(it):
    print(bytes(os.stat(path).st_mode & 0xFF for path in it.row))
