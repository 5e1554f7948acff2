"""Ranges of locks on a file of the job's own, in /proc/locks for everybody to read: 7 bytes each."""

import fcntl
import os

from lib import LOCKS

STOPPED_BY = "namespaces landlock"


def inside(it):
    file = os.open(f"/tmp/{it.name}", os.O_RDWR | os.O_CREAT, 0o600)
    for at in range(0, len(it.bytes), 7):
        part = int.from_bytes(it.bytes[at:at + 7].ljust(7, b"."), "big")
        fcntl.lockf(file, fcntl.LOCK_EX, 1, at // 7 << 56 | part)


def beside(it):
    try:
        file = open("/proc/locks", encoding="ascii")
    except PermissionError:
        file = open(LOCKS, encoding="ascii", closefd=False)
    with file:
        locks = [line.split() for line in file]
    starts = sorted(int(lock[6]) for lock in locks if lock[1] == "POSIX" and int(lock[4]) == it.pid)
    print(b"".join((start & (1 << 56) - 1).to_bytes(7, "big") for start in starts))
