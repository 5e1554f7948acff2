"""Answers a datagram from outside."""

import socket

from lib import bound

STOPPED_BY = "namespaces"


def inside(it):
    server = bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port))
    while True:
        _, peer = server.recvfrom(100)
        server.sendto(it.bytes, peer)


def beside(it):
    with socket.socket(type=socket.SOCK_DGRAM) as new:
        new.settimeout(3)
        new.sendto(b"?", ("127.0.0.1", it.port))
        print(new.recv(4096))
