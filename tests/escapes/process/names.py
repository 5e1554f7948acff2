"""Processes called by what is carried out, 15 letters each."""

import os
import time

from lib import libc

STOPPED_BY = "namespaces"


def inside(it):
    for at in range(0, len(it.token), 9):
        if os.fork() == 0:
            libc.prctl(15, f"{it.name[:2]}{at:03}:".encode() + it.bytes[at:at + 9], 0, 0, 0)
            time.sleep(60)


def beside(it):
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = open(f"/proc/{pid}/comm", encoding="utf-8").read().rstrip("\n")
        except OSError:
            continue
        if name.startswith(it.name[:2]) and name[5:6] == ":":
            found[int(name[2:5])] = name[6:]
    print("".join(found[at] for at in sorted(found)))
