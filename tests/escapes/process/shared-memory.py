"""A System V shared memory segment."""

import ctypes

from lib import libc

STOPPED_BY = "namespaces"

KEY = 0x51CE053d


def inside(it):
    libc.shmat.restype = ctypes.c_void_p
    segment = libc.shmget(KEY, 4096, 0o1600)
    at = libc.shmat(segment, None, 0)
    ctypes.memmove(at, it.bytes, len(it.bytes))


def after(it):
    libc.shmat.restype = ctypes.c_void_p
    at = libc.shmat(libc.shmget(KEY, 4096, 0o600), None, 0)
    print(ctypes.string_at(at, 4096))
