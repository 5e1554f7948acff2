"""Hands an open file over through an abstract Unix socket."""

import os
import socket

from lib import bound, patiently, write

STOPPED_BY = "namespaces landlock"


def listen(it):
    server = bound(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{it.name}")
    server.listen()
    peer, _ = server.accept()
    _, [file], _, _ = socket.recv_fds(peer, 10, 1)
    print(os.pread(file, 4096, 0), flush=True)


def inside(it):
    file = os.memfd_create("loot")
    os.write(file, it.bytes)

    def once():
        with socket.socket(socket.AF_UNIX) as new:
            new.connect(f"\0{it.name}")
            socket.send_fds(new, [b"."], [file])

    patiently(once)
