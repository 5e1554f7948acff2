"""Listens, and is called from outside."""

import socket

from lib import bound, fetch, offer, patiently

STOPPED_BY = "namespaces"


def inside(it):
    offer(bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", it.port)), it.bytes)


def beside(it):
    patiently(lambda: fetch(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", it.port)))
