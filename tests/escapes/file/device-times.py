"""Devices that both see are touched at chosen moments; what a device keeps of it is half a byte."""

import os
import time

STOPPED_BY = "namespaces"

DEVICES = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
# A moment is so many milliseconds, a turn 16 of them. In so many turns go the canary's 32 digits.
MOMENT, TURNS = 40, 7
TURN = 16 * MOMENT


def inside(it):
    digits = [int(digit, 16) for digit in it.token.removeprefix("canary-")[:32]]
    while True:
        turn = time.time_ns() // 1_000_000 // TURN + 1
        at = turn % TURNS * len(DEVICES)
        for digit, device in sorted(zip(digits[at:at + len(DEVICES)], DEVICES)):
            time.sleep(max(0, (turn * TURN + digit * MOMENT + MOMENT // 4) / 1000 - time.time()))
            os.utime(device)


def beside(it):
    digits, end = {}, time.monotonic() + 7
    while time.monotonic() < end:
        for number, device in enumerate(DEVICES):
            turn, moment = divmod(os.stat(device).st_mtime_ns // 1_000_000, TURN)
            digits[turn % TURNS * len(DEVICES) + number] = moment // MOMENT
        time.sleep(0.02)
    print("canary-" + "".join(f"{digits[at]:x}" for at in range(32)) + it.tag)
