"""A session keyring that a process outside joins by its name."""

import ctypes

from lib import call

STOPPED_BY = "namespaces landlock"

JOIN_SESSION, SETPERM, SEARCH, READ, SESSION_KEYRING = 1, 5, 10, 11, -3


def inside(it):
    keyring = call(250, JOIN_SESSION, b"escape-session")
    call(250, SETPERM, keyring, 0x3F3F0000)
    key = call(248, b"user", b"escape-s", it.bytes, len(it.bytes), SESSION_KEYRING)
    call(250, SETPERM, key, 0x3F3F0000)


def beside(it):
    buffer = ctypes.create_string_buffer(4096)
    call(250, JOIN_SESSION, b"escape-session")
    key = call(250, SEARCH, SESSION_KEYRING, b"user", b"escape-s", 0)
    call(250, READ, key, buffer, 4096)
    print(buffer.raw)
