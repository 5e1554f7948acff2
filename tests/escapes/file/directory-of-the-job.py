"""Reads the job's sealed files through /proc/PID/cwd."""

from lib import write

STOPPED_BY = "namespaces"


def inside(it):
    write(it.name, it.token)


def beside(it):
    print(open(f"/proc/{it.pid}/cwd/{it.name}", encoding="utf-8").read())
