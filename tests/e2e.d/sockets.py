"""Says which sockets, addresses and ports a job with the way to Slurm has."""

import socket

for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
    try:
        print("other", socket.socket(socket.AF_INET, kind))
    except PermissionError:
        print("streams only")
for protocol in (132, 256, 262):
    try:
        print("other", socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol))
    except PermissionError:
        print("TCP only")
for port in (22, 5555):
    try:
        print("open", socket.create_connection(("127.0.0.1", port)))
    except OSError as error:
        print(port, type(error).__name__)
# Connecting by sending.
stream = socket.socket()
for send in (lambda: stream.sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", 5555)),
             lambda: stream.sendmsg([b"x"], [], socket.MSG_FASTOPEN, ("127.0.0.1", 5555))):
    try:
        print("open", send())
    except PermissionError:
        print("no fast open")
listening = socket.create_server(("127.0.0.1", 17003))
print("own", socket.create_connection(("127.0.0.1", 17003)).getpeername()[1])
try:
    print("open", socket.create_server(("127.0.0.1", 5555)))
except PermissionError:
    print("5555 is not to listen on")
print("slurmctld", socket.create_connection(("127.0.0.1", 6817)).getpeername()[1])
