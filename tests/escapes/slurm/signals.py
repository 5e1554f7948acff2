"""A signal of its owner's, which Slurm passes on: an input that nobody approved decides what the
results are."""

import glob
import os
import re
import signal
import time

from lib import RUNS, run, write

STOPPED_BY = "namespaces landlock"

# Slurm sends it to the job's process group, where nobody minds it: `inside.py` has it blocked.
SIGNAL = signal.SIGURG


def inside(it):
    pending = 0
    while not pending & 1 << SIGNAL - 1:
        time.sleep(0.1)
        with open(f"/proc/{os.getppid()}/status", encoding="utf-8") as file:
            pending = int(re.search(r"ShdPnd:\s*(\w+)", file.read())[1], 16)
    write("results.csv", f"a,b\n{it.token},1\n")


def beside(it):
    run("scancel", "--full", f"--signal={SIGNAL.value}", it.job)


def after(it):
    for directory in glob.glob(f"{RUNS}/attempts-*"):
        run("sluice", "results", directory, "--wait")
