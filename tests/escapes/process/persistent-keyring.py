"""A key in the user's persistent keyring."""

import ctypes

from lib import call

STOPPED_BY = "namespaces landlock"

GET_PERSISTENT, SEARCH, READ, PROCESS_KEYRING = 22, 10, 11, -2


def inside(it):
    keyring = call(250, GET_PERSISTENT, -1, PROCESS_KEYRING)
    call(248, b"user", b"escape-p", it.bytes, len(it.bytes), keyring)


def after(it):
    buffer = ctypes.create_string_buffer(4096)
    keyring = call(250, GET_PERSISTENT, -1, PROCESS_KEYRING)
    key = call(250, SEARCH, keyring, b"user", b"escape-p", 0)
    call(250, READ, key, buffer, 4096)
    print(buffer.raw)
