"""A message to another process through the kernel's netlink."""

import socket

STOPPED_BY = "namespaces landlock"

USERSOCK = 2


def listen(it):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, USERSOCK) as new:
        new.bind((it.port, 0))
        while True:
            print(new.recv(4096), flush=True)


def inside(it):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, USERSOCK) as new:
        new.sendto(it.bytes, (it.port, 0))
