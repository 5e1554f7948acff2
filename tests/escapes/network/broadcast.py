"""Sends to everybody on the interface."""

import socket

from lib import bound, serve

STOPPED_BY = "namespaces"


def listen(it):
    serve(bound(socket.AF_INET, socket.SOCK_DGRAM, ("", it.port)))


def inside(it):
    with socket.socket(type=socket.SOCK_DGRAM) as new:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        new.sendto(it.bytes, ("127.255.255.255", it.port))
