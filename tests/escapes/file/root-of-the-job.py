"""Reads the job's private files through /proc/PID/root."""

import os

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    write(f"/dev/shm/{it.name}", it.token)
    os.chmod(f"/dev/shm/{it.name}", 0o600)


def beside(it):
    print(open(f"/proc/{it.pid}/root/dev/shm/{it.name}", encoding="utf-8").read())
