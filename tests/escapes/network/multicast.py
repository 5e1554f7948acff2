"""Sends to a multicast group."""

import socket

from lib import bound, serve

STOPPED_BY = "namespaces"

GROUP = "239.1.2.3"


def listen(it):
    new = bound(socket.AF_INET, socket.SOCK_DGRAM, ("", it.port))
    member = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
    new.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    serve(new)


def inside(it):
    with socket.socket(type=socket.SOCK_DGRAM) as new:
        here = socket.inet_aton("127.0.0.1")
        new.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        new.sendto(it.bytes, (GROUP, it.port))
