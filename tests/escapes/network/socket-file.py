"""A Unix socket with a name in the user's home; Landlock lets a process connect."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_UNIX, socket.SOCK_STREAM, it.place))


def inside(it):
    patiently(lambda: send(socket.AF_UNIX, socket.SOCK_STREAM, it.place, it.bytes))
