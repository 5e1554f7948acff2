"""The names of the job's open files, /proc/PID/fd."""

import os

STOPPED_BY = "namespaces"


def inside(it):
    os.open(f"/tmp/{it.token}", os.O_RDWR | os.O_CREAT)


def beside(it):
    for name in os.listdir(f"/proc/{it.pid}/fd"):
        print(os.readlink(f"/proc/{it.pid}/fd/{name}"))
