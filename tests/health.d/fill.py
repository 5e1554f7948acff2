"""fill.py MIB FILES: fills /tmp, /dev/shm and System V segments, up to so much each, and /tmp with so
many files; says how far it came, a JSON object, and stays until the file `end` is there."""

import ctypes
import json
import os
import sys
import time

MIB = bytes(1 << 20)
IPC_PRIVATE = 0
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p


def files(n):
    """An empty file."""
    os.close(os.open(f"/tmp/{n}", os.O_CREAT | os.O_WRONLY, 0o600))


def filler(path):
    """What puts another MiB into a file."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)

    def fill(_):
        if os.write(file, MIB) < len(MIB):
            raise OSError("full")
    return fill


def segment(_):
    """A MiB that stays when nobody uses it."""
    number = libc.shmget(IPC_PRIVATE, len(MIB), 0o600)
    if number < 0:
        raise OSError("full")
    at = libc.shmat(number, None, 0)
    ctypes.memset(at, 1, len(MIB))
    libc.shmdt(ctypes.c_void_p(at))


def count(take, most):
    """How often something can be had."""
    for n in range(most):
        try:
            take(n)
        except OSError:
            return n
    return most


mib, number = map(int, sys.argv[1:])
sizes = {place: os.statvfs(place).f_blocks * os.statvfs(place).f_frsize for place in ("/tmp", "/dev/shm")}
print(json.dumps({
    "sizes": sum(sizes.values()), "tmp": count(filler("/tmp/full"), mib),
    "shm": count(filler("/dev/shm/full"), mib), "segments": count(segment, mib),
    # Last: without a name left nothing else can be made.
    "files": count(files, number),
}), flush=True)
while not os.path.exists("end"):
    time.sleep(0.1)
