"""Stops the first task of alice's that has checked and not yet executed, and prints its pid."""

import os
import pwd
import signal
import sys
import time

# On a machine under load the moment would be over before its turn.
os.nice(-20)
alice = pwd.getpwnam("alice").pw_uid
old, end = set(os.listdir("/proc")), time.time() + 30
while time.time() < end:
    for pid in filter(str.isdigit, set(os.listdir("/proc")) - old):
        try:
            if os.stat(f"/proc/{pid}").st_uid not in (0, alice):
                continue
            with open(f"/proc/{pid}/status") as file:
                status = file.read()
            uid = int(status.split("Uid:")[1].split()[1])
            if not status.startswith("Name:\tslurmstepd") or uid != alice:
                continue
            os.kill(int(pid), signal.SIGSTOP)
            with open(f"/proc/{pid}/comm") as file:
                name = file.read()
            if name == "slurmstepd\n":
                print(pid)
                sys.exit()
            os.kill(int(pid), signal.SIGCONT)
        except (FileNotFoundError, ProcessLookupError):
            pass
sys.exit(1)
