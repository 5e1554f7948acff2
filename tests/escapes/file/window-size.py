"""The size of a terminal's window is set to what is carried out: opened to read, the terminal takes
it all the same."""

import fcntl
import os
import struct
import termios
import time

STOPPED_BY = "namespaces landlock"


def listen(it):
    master, _ = os.openpty()
    parts = {}
    while True:
        size = fcntl.ioctl(master, termios.TIOCGWINSZ, bytes(8))
        parts[size[0]] = size[1:]
        if size[0]:
            print(b"".join(parts[number] for number in sorted(parts) if number), flush=True)
        time.sleep(0.005)


def inside(it):
    terminals = []
    for number in range(64):
        try:
            terminals.append(os.open(f"/dev/pts/{number}", os.O_RDONLY | os.O_NOCTTY))
        except OSError:
            pass
    for at in range(0, len(it.bytes), 7):
        for terminal in terminals:
            size = struct.pack("B7s", at // 7 + 1, it.bytes[at:at + 7])
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        time.sleep(0.05)
