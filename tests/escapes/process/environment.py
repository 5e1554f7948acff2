"""Reads the environment of the job's processes."""

import os

STOPPED_BY = "namespaces"


def inside(it):
    os.execve("/usr/bin/sleep", ["sleep", "60"], {"LOOT": it.token})


def beside(it):
    print(open(f"/proc/{it.pid}/environ", encoding="utf-8").read())
