"""Sends a datagram by IPv6."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", it.port)))


def inside(it):
    patiently(lambda: send(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", it.port), it.bytes))
