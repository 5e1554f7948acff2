"""A process for each bit of the canary; once `go` is there, those that stand for 0 end."""

import os
import signal
import time

with open("/data/cohort/canary.txt") as file:
    secret = int(file.read().strip()[7:], 16)
bits = []
for _ in range(128):
    bits.append(os.fork())
    if bits[-1] == 0:
        signal.pause()
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.05)
for bit, child in enumerate(bits):
    if not secret >> bit & 1:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
open("said", "w").close()
signal.pause()
