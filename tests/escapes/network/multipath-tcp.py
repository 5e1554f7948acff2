"""Connects by Multipath TCP, which Landlock's rules for TCP do not see."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", it.port), 262))


def inside(it):
    patiently(lambda: send(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", it.port), it.bytes, 262))
