"""Listens in syslog's place and keeps what it is told in the file that is named."""

import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
while True:
    with open(sys.argv[1], "ab") as file:
        file.write(log.recv(4096) + b"\n")
