"""Asks a name server for a name that is what is carried out."""

import socket

from lib import bound, send

STOPPED_BY = "namespaces"


def listen(it):
    server = bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port))
    while True:
        query, text = server.recv(512)[12:], b""
        while query and query[0]:
            text, query = text + query[1:query[0] + 1], query[query[0] + 1:]
        print(text, flush=True)


def inside(it):
    labels = [it.bytes[at:at + 60] for at in range(0, len(it.bytes), 60)]
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0"
    query += b"".join(bytes([len(label)]) + label for label in labels) + b"\0\0\1\0\1"
    send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", it.port), query)
