"""Writes into the memory of a process outside, /proc/PID/mem."""

from lib import PAGE, show_page

STOPPED_BY = "namespaces landlock"


def listen(it):
    show_page()


def inside(it):
    with open(f"/proc/{it.peer}/mem", "r+b", buffering=0) as memory:
        memory.seek(PAGE)
        memory.write(it.bytes)
