"""An abstract Unix socket: no file, so no file rule stops it."""

import socket

from lib import bound, patiently, send, serve

STOPPED_BY = "namespaces landlock"


def listen(it):
    serve(bound(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{it.name}"))


def inside(it):
    patiently(lambda: send(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{it.name}", it.bytes))
