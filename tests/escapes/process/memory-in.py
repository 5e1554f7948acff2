"""Writes into the memory of a process outside, /proc/PID/mem."""

import ctypes
import time

from lib import libc, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    at = libc.mmap(0x200000000000, 4096, 3, 0x100022, -1, 0)
    for _ in range(600):
        print(ctypes.string_at(at, 4096).rstrip(b"\0"), flush=True)
        time.sleep(0.1)


def inside(it):
    with open(f"/proc/{it.peer}/mem", "r+b", buffering=0) as memory:
        memory.seek(0x200000000000)
        memory.write(it.bytes)
