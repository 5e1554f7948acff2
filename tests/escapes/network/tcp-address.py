"""Connects to the host's address instead of its loopback."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", it.port)))


def inside(it):
    patiently(lambda: send(socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", it.port), it.bytes))
