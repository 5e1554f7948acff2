"""The names of the files that the job has mapped, /proc/PID/maps."""

import mmap
import os

STOPPED_BY = "namespaces"


def inside(it):
    file = os.open(f"/tmp/{it.token}", os.O_RDWR | os.O_CREAT)
    os.truncate(file, 4096)
    inside.kept = mmap.mmap(file, 4096)


def beside(it):
    print(open(f"/proc/{it.pid}/maps", encoding="utf-8").read())
