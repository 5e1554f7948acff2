"""Says whether a child may be traced from its start, and whether a running one may; with a word, whether
this process's own parent may be made to trace it."""

import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
TRACEME, CONT, ATTACH, SEIZE = 0, 7, 16, 0x4206


def said(what, result):
    print(what, os.strerror(ctypes.get_errno()) if result < 0 else "works", flush=True)


if sys.argv[1:]:
    said("a task", libc.ptrace(TRACEME, 0, None, None))
    sys.exit()
pid = os.fork()
if pid == 0:
    said("a child", libc.ptrace(TRACEME, 0, None, None))
    os.execv("/bin/sh", ["sh", "-c", "exit 7"])
while True:
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        break
    libc.ptrace(CONT, pid, None, None)
print("it ends with", os.WEXITSTATUS(status), flush=True)
pid = os.fork()
if pid == 0:
    signal.pause()
for what, request in (("to attach", ATTACH), ("to seize", SEIZE)):
    said(what, libc.ptrace(request, pid, None, None))
os.kill(pid, signal.SIGKILL)
