"""A System V message queue."""

import ctypes

from lib import libc

STOPPED_BY = "namespaces"

KEY = 0x51CE0537


def inside(it):
    queue = libc.msgget(KEY, 0o1600)
    message = ctypes.create_string_buffer((1).to_bytes(8, "little") + it.bytes)
    libc.msgsnd(queue, message, len(it.bytes), 0)


def after(it):
    message = ctypes.create_string_buffer(4096)
    libc.msgrcv(libc.msgget(KEY, 0o600), message, 4000, 0, 0o4000)
    print(message.raw)
