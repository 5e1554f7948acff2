"""Exchanges a file of the run directory with one outside, renameat2(2)."""

from lib import RUNS, call, make, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    make(f"{RUNS}/exchanged")


def inside(it):
    write(it.name, it.token)
    at_fdcwd, exchange = -100, 2
    call(316, at_fdcwd, it.name.encode(), at_fdcwd, f"{RUNS}/exchanged".encode(), exchange)
