"""Signals, pipes, locks and sockets between a job's own processes."""

import fcntl
import signal
import socket
import sqlite3
import subprocess

child = subprocess.Popen(["sleep", "60"])
child.terminate()
assert child.wait() == -signal.SIGTERM
a, b = socket.socketpair()
a.send(b"x")
assert b.recv(1) == b"x"
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
with open("lock", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX)
ten = "sort -R /etc/services | head -c 10 | wc -c"
assert subprocess.run(ten, shell=True, capture_output=True, text=True).stdout.strip() == "10"
sqlite3.connect("db").execute("create table t (x)")
print("all well")
