"""A process that outlives the job and is looked at when nobody expects it."""

import os

STOPPED_BY = "namespaces"


def inside(it):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve("/usr/bin/sleep", ["sleep", "61"], {"LOOT": it.token})
        os._exit(0)
    os.wait()


def after(it):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            print(open(f"/proc/{pid}/environ", encoding="utf-8").read())
        except (OSError, UnicodeDecodeError):
            pass
