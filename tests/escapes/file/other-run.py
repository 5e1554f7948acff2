"""Writes into the drop box of another run of the same user."""

import os

from lib import RUNS, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    os.makedirs(f"{RUNS}/{it.name}", exist_ok=True)


def inside(it):
    write(f"{RUNS}/{it.name}/loot", it.token)
