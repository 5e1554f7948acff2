"""Each of its processes ends at once, after a word in the results and a fork."""

import os
import time

if os.fork():
    os._exit(0)
os.setsid()
last = time.monotonic() + 120
while time.monotonic() < last:
    try:
        os.chmod("results.csv", 0o644)
        os.write(os.open("results.csv", os.O_WRONLY | os.O_APPEND), b"late,1\n")
    except OSError:
        pass
    if os.fork():
        os._exit(0)
