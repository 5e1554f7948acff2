"""The names of crashed processes in the kernel's log, where everybody reads that."""

import ctypes
import os
import re

from lib import libc, run

STOPPED_BY = "namespaces landlock"


def inside(it):
    # The kernel tells of ten crashes in five seconds.
    for at in range(0, len(it.bytes), 9):
        if os.fork() == 0:
            libc.prctl(15, f"crash{at // 9}".encode() + it.bytes[at:at + 9], 0, 0, 0)
            ctypes.string_at(8)


def beside(it):
    print("".join(text for _, text in sorted(set(re.findall(r" crash(\d)(.*)\[", run("dmesg"))))))
