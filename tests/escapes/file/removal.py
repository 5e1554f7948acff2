"""Which files outside are removed is what is carried out, one for each bit."""

import os

from lib import of_bits, set_bits, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    for at in range(8 * 100):
        write(f"{it.place}-{at}", "")


def inside(it):
    for at in set_bits(it.bytes):
        os.unlink(f"{it.place}-{at}")


def after(it):
    print(of_bits(at for at in range(8 * 100) if not os.path.exists(f"{it.place}-{at}")))
