"""Writes through the root directory of a process outside, /proc/PID/root."""

import time

from lib import write

STOPPED_BY = "namespaces landlock"


def listen(it):
    time.sleep(60)


def inside(it):
    write(f"/proc/{it.peer}/root{it.place}", it.token)
