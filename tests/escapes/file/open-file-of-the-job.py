"""Reads an open file of the job that has no name any more."""

import os

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    file = os.open(it.name, os.O_RDWR | os.O_CREAT, 0o600)
    os.write(file, it.bytes)
    os.dup2(file, 200)
    os.unlink(it.name)


def beside(it):
    print(open(f"/proc/{it.pid}/fd/200", encoding="utf-8").read())
