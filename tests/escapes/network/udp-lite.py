"""Sends by a protocol that few filters know."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port), 136))


def inside(it):
    patiently(lambda: send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port), it.bytes, 136))
