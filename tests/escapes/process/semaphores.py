"""The values of System V semaphores."""

import ctypes

from lib import libc

STOPPED_BY = "namespaces"

KEY = 0x51CE0437


def inside(it):
    semaphores = libc.semget(KEY, 100, 0o1600)
    for at, byte in enumerate(it.bytes):
        libc.semctl(semaphores, at, 16, byte)


def after(it):
    semaphores = libc.semget(KEY, 100, 0o600)
    print(bytes(max(libc.semctl(semaphores, at, 12), 0) for at in range(100)))
