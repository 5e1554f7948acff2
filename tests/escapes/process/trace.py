"""Attaches to a process of the job as a debugger and reads its memory."""

import ctypes
import os

from lib import libc, memory_at

STOPPED_BY = "namespaces"


def inside(it):
    memory_at(it.bytes)


def beside(it):
    peek, attach = 2, 16
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(attach, it.pid, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(it.pid, 0)
    # Of a stopped tracee the memory may be read; the first word shows that it is.
    with open(f"/proc/{it.pid}/syscall", encoding="utf-8") as file:
        stack = int(file.read().split()[-2], 16)
    text = b""
    for at in range(stack & ~4095, (stack & ~4095) + (1 << 16), 8):
        word = libc.ptrace(peek, it.pid, at, None)
        text += word.to_bytes(8, "little", signed=True)
    with open(f"/proc/{it.pid}/mem", "rb") as memory, open(f"/proc/{it.pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in span.split("-"))
            if rights.startswith("rw") and end - begin < 1 << 26:
                memory.seek(begin)
                text += memory.read(end - begin)
    at = text.find(b"canary-")
    while at >= 0:
        print(text[at:at + 120])
        at = text.find(b"canary-", at + 1)
