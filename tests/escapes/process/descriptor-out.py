"""Takes a descriptor out of a process of the job, pidfd_getfd(2)."""

import os

from lib import call, write

STOPPED_BY = "namespaces"


def inside(it):
    memory = os.memfd_create("loot")
    os.write(memory, it.bytes)
    os.dup2(memory, 200)


def beside(it):
    taken = call(438, os.pidfd_open(it.pid), 200, 0)
    print(os.pread(taken, 4096, 0))
