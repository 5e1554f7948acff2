"""A key in the user's keyring, which outlives the job."""

import ctypes

from lib import call

STOPPED_BY = "namespaces landlock"

# @u, add_key(2).
USER_KEYRING = -4


def inside(it):
    call(248, b"user", b"escape", it.bytes, len(it.bytes), USER_KEYRING)


def after(it):
    buffer = ctypes.create_string_buffer(4096)
    search, read = 10, 11
    key = call(250, search, USER_KEYRING, b"user", b"escape", 0)
    call(250, read, key, buffer, 4096)
    print(buffer.raw)
