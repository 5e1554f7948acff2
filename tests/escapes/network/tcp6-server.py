"""Listens by IPv6, and is called from outside."""

import socket

from lib import bound, fetch, offer, patiently

STOPPED_BY = "namespaces"


def inside(it):
    offer(bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", it.port)), it.bytes)


def beside(it):
    patiently(lambda: fetch(socket.AF_INET6, socket.SOCK_STREAM, ("::1", it.port)))
