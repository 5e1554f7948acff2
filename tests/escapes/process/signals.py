"""Signals to a process outside, each with a value that carries a byte."""

import ctypes
import os
import signal

from lib import libc

STOPPED_BY = "landlock"

SIGNAL = signal.SIGRTMIN + 1
# Of si_value in siginfo_t.
VALUE = 24


def listen(it):
    signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL})
    wanted = (ctypes.c_ulong * 16)(1 << SIGNAL - 1)
    info = (ctypes.c_char * 128)()
    while libc.sigwaitinfo(wanted, info) == SIGNAL:
        print(chr(info.raw[VALUE]), end="", flush=True)


def inside(it):
    for byte in it.bytes:
        if libc.sigqueue(it.peer, SIGNAL, ctypes.c_void_p(byte)) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
