"""Which files outside are moved into another directory is what is carried out, one for each bit."""

import os

from lib import of_bits, set_bits, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    os.mkdir(f"{it.place}-from")
    os.mkdir(f"{it.place}-to")
    for at in range(8 * 100):
        write(f"{it.place}-from/{at}", "")


def inside(it):
    for at in set_bits(it.bytes):
        os.rename(f"{it.place}-from/{at}", f"{it.place}-to/{at}")


def after(it):
    print(of_bits(int(name) for name in os.listdir(f"{it.place}-to")))
