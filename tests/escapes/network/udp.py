"""Sends a datagram; Landlock knows no UDP."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port)))


def inside(it):
    patiently(lambda: send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port), it.bytes))
