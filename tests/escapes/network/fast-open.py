"""Sends data with the first packet, without connect(2)."""

import socket

from lib import bound, patiently, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", it.port)))


def inside(it):
    def once():
        with socket.socket() as new:
            new.sendto(it.bytes, socket.MSG_FASTOPEN, ("127.0.0.1", it.port))

    patiently(once)
