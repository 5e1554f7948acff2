"""The modes of files outside are set to what is carried out; Landlock knows no modes."""

import os

from lib import make

STOPPED_BY = "namespaces"


def listen(it):
    for at in range(100):
        make(f"{it.place}-{at}")


def inside(it):
    for at, byte in enumerate(it.bytes):
        os.chmod(f"{it.place}-{at}", byte)


def after(it):
    print(bytes(os.stat(f"{it.place}-{at}").st_mode & 0xFF for at in range(100)))
