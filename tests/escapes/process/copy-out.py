"""Copies the job's memory with process_vm_readv(2)."""

import ctypes

from lib import call, libc

STOPPED_BY = "namespaces"


def inside(it):
    # At an address that the one outside knows.
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    at = libc.mmap(0x200000000000, 4096, 3, 0x100022, -1, 0)
    ctypes.memmove(at, it.bytes, len(it.bytes))


def beside(it):
    buffer = ctypes.create_string_buffer(4096)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 4096)
    there = (ctypes.c_uint64 * 2)(0x200000000000, 4096)
    call(310, it.pid, here, 1, there, 1, 0)
    print(buffer.raw)
