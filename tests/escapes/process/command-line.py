"""A process's arguments, which every user of a node sees unless /proc hides them."""

import os

STOPPED_BY = "namespaces"


def inside(it):
    os.execv("/usr/bin/sleep", [it.token, "60"])


def beside(it):
    print(open(f"/proc/{it.pid}/cmdline", encoding="utf-8").read())
