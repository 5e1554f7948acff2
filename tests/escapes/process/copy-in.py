"""Writes into the memory of a process outside, process_vm_writev(2)."""

import ctypes
import time

from lib import call, libc

STOPPED_BY = "namespaces landlock"


def listen(it):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    at = libc.mmap(0x200000000000, 4096, 3, 0x100022, -1, 0)
    for _ in range(600):
        print(ctypes.string_at(at, 4096).rstrip(b"\0"), flush=True)
        time.sleep(0.1)


def inside(it):
    buffer = ctypes.create_string_buffer(it.bytes)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), len(it.bytes))
    there = (ctypes.c_uint64 * 2)(0x200000000000, len(it.bytes))
    call(311, it.peer, here, 1, there, 1, 0)
