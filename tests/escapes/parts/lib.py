"""What attempts share.

An attempt is a file GROUP/NAME.py. Its first line says the idea; STOPPED_BY names the layers that
claim to stop it, each without the other: `namespaces`, `landlock` (which stands for Landlock with
seccomp). It has some of these functions, each run in a process of its own, with what it prints
taken for loot where it runs outside:

    listen(it)   outside, as the job's user, before the job starts, until after its end
    inside(it)   in the job; if there is a `beside`, its process stays until the job's end
    beside(it)   outside, as the job's user on the same node, while the job runs
    after(it)    outside, as the job's user, after its end

`it.token` is the canary with the attempt's name behind it; whoever finds it outside has it.
Without any `inside` an attempt is made beside the job of others.
"""

import ctypes
import os
import socket
import subprocess
import time
from dataclasses import dataclass

HOME = "/home/alice"
RUNS = "/srv/sluice/runs/alice"
CANARY = "/data/cohort/canary.txt"
# Outside a descriptor of /proc/locks, where a node shows the table to all.
LOCKS = 205

libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class It:
    """What an attempt knows."""

    name: str
    # Ends every token of this attempt.
    tag: str
    # Inside, and nowhere else: the canary and the tag.
    token: str = ""
    # What it prints outside where success is code that runs, not data that is found.
    mark: str = ""
    # Process of its `listen`.
    peer: int = 0
    # Process of its `inside`, as seen from the host.
    pid: int = 0
    # The job.
    job: str = ""

    @property
    def place(self):
        """A file of its own in the user's home."""
        return f"{HOME}/{self.name}"

    @property
    def row(self):
        """Files of its own in the user's home, one for each byte."""
        return [f"{self.place}-{at}" for at in range(100)]

    @property
    def port(self):
        """A port of its own."""
        return 20000 + sum(self.name.encode()) * 7 % 9973

    @property
    def bytes(self):
        """The token's bytes."""
        return self.token.encode()


def call(number, *arguments):
    """A system call without a wrapper; an OSError if it fails."""
    whole = [ctypes.c_long(it) if isinstance(it, int) else it for it in arguments]
    result = libc.syscall(ctypes.c_long(number), *whole)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def run(*words, **more):
    """Runs a command; what it printed."""
    return subprocess.run(words, text=True, capture_output=True, check=True, timeout=6,
                          stdin=subprocess.DEVNULL, **more).stdout


def write(path, text):
    """Makes a file with this content."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def set_bits(data):
    """Numbers of the bits that are set."""
    return [at for at in range(8 * len(data)) if data[at // 8] >> at % 8 & 1]


def of_bits(numbers):
    """The bytes of which these bits are set."""
    return sum(1 << number for number in numbers).to_bytes(100, "little").rstrip(b"\0")


def make(path, text=""):
    """As `write`, where the job may write to the file."""
    write(path, text)
    os.chmod(path, 0o666)


def plant(it):
    """A script of the user's that leaves a trace; its path."""
    write(it.place, f"#!/bin/sh\ntouch /srv/drop/{it.name}\n")
    os.chmod(it.place, 0o755)
    return it.place


def tell(it):
    """Says so if the script has run."""
    if os.path.exists(f"/srv/drop/{it.name}"):
        print(it.mark)


def serve(server):
    """Prints whatever comes into a socket, for ever."""
    if server.type in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        server.listen()
        while True:
            peer, _ = server.accept()
            peer.settimeout(3)
            try:
                print(peer.recv(4096), flush=True)
            except OSError:
                pass
    while True:
        print(server.recv(4096), flush=True)


def bound(family, kind, address, protocol=0):
    """A bound socket."""
    new = socket.socket(family, kind, protocol)
    new.bind(address)
    return new


def send(family, kind, address, data, protocol=0):
    """Sends to an address."""
    with socket.socket(family, kind, protocol) as new:
        new.settimeout(3)
        new.connect(address)
        new.send(data)


def fetch(family, kind, address, protocol=0):
    """Prints what is to be had at an address."""
    with socket.socket(family, kind, protocol) as new:
        new.settimeout(3)
        new.connect(address)
        print(new.recv(4096))


def offer(server, data):
    """Gives the data to everyone who comes, for ever."""
    server.listen()
    while True:
        peer, _ = server.accept()
        peer.send(data)


def patiently(attempt, seconds=4):
    """Tries again until it works."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


# Where `show_page` has its page.
PAGE = 0x200000000000


def show_page():
    """Prints what others write into a page of this process, for ever."""
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    at = libc.mmap(PAGE, 4096, 3, 0x100022, -1, 0)
    while True:
        print(ctypes.string_at(at, 4096).rstrip(b"\0"), flush=True)
        time.sleep(0.1)


def memory_at(data):
    """Address of a copy of the data, which stays."""
    memory_at.kept = ctypes.create_string_buffer(data, 4096)
    return ctypes.addressof(memory_at.kept)
