"""sandbox.py TURNS, as root in the lab: jobs on n1, two of mode=off and one of mode=enforce, take turns
at each workload; then jobs of either mode in turn start steps of many tasks. Prints what they say of
themselves, a line of JSON each."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from workloads import WORKLOADS  # noqa: E402

PARTS = "/usr/share/sluice-lab/bench.d"
LAB = "/usr/share/sluice-lab/lab.d"
SEALED = Path("/srv/sluice-private/sealed/lab")
USER = dict(user="alice", group="alice", extra_groups=[], stdin=subprocess.DEVNULL)
NODE = Path("/run/lab/n1.pid").read_text(encoding="ascii").strip()
PENDING = Path(f"/proc/{NODE}/root/var/lib/sluice/pending")
MODES = ("off", "enforce")
# What the second job without the sandbox differs from the first is chance.
SEATS = {"off": "off", "enforce": "enforce", "off-again": "off"}


def root(command):
    """A command as root on the submit host."""
    subprocess.run(["bash", "-ec", command], check=True, stdout=subprocess.DEVNULL)


def until(condition, pause=0.05):
    """Waits by looking at files, which costs the jobs nothing."""
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"in vain; the jobs' last words:\n{last_words()}")
        time.sleep(pause)


def last_words():
    """What jobs have printed, and slurmd."""
    return subprocess.run(f"tail -n 5 /srv/sluice/runs/alice/*/slurm-* {SEALED}/*/run/.sluice/std*;"
                          " tail -n 20 /var/log/slurm/slurmd-n1.log; squeue --states=all",
                          shell=True, text=True, capture_output=True).stdout


class Job:
    """A job on n1 that runs a program of ours in a mode; `name` is what it is called."""

    def __init__(self, bundle, program, mode, name):
        self.name, self.turns = name, 0
        root(f"{LAB}/set-mode {mode}")
        run = Path(f"/srv/sluice/runs/alice/{time.monotonic_ns()}")
        run.mkdir()
        (run / "attempt.sh").write_text(f"exec python3 {PARTS}/{program}\n")
        (run / "job.sh").write_text(
            f"#!/bin/bash\nbash /srv/sluice/workflows/{bundle}/1.0.0/run.sh attempt.sh\n")
        root(f"chown -R alice:alice {run}")
        self.number = subprocess.run(["sbatch", "--parsable", "-w", "n1", "job.sh"], cwd=run, text=True,
                                     check=True, stdout=subprocess.PIPE, **USER).stdout.strip()
        self.directory = run if mode == "off" else SEALED / f"{self.number}.0/run"

    def told(self, name):
        """Has it do something and waits for what it says."""
        partial, done = self.directory / "told", self.directory / f"done-{self.turns}"
        partial.write_text(name, encoding="ascii")
        partial.rename(self.directory / f"go-{self.turns}")
        self.turns += 1
        if name != "end":
            until(done.exists, pause=0.02)
            say(self.name, done)

    def over(self):
        """Nothing of it may run beside the next one."""
        until(lambda: not subprocess.run(["squeue", "--noheader", f"--jobs={self.number}"], text=True,
                                         stdout=subprocess.PIPE).stdout)
        until(lambda: not (PENDING.exists() and os.listdir(PENDING)))


def say(job, file):
    """Passes on what a job has written."""
    for line in file.read_text(encoding="ascii").splitlines():
        print(json.dumps({"turn": say.turn, "job": job} | json.loads(line)), flush=True)


def order(names, turn):
    """Whoever comes first finds other caches: they take turns at that, too."""
    names = list(names)
    first = turn % len(names)
    return names[first:] + names[:first]


def workloads(turns):
    """The jobs stay, so that what is compared lies half a second apart."""
    jobs = {}
    for seat, mode in SEATS.items():
        jobs[seat] = Job("worst-case", "workloads.py", mode, seat)
        until((jobs[seat].directory / "ready").exists)
    for say.turn in range(turns):
        for name in WORKLOADS:
            for seat in order(SEATS, say.turn):
                jobs[seat].told(name)
    for job in jobs.values():
        job.told("end")
    # Something is pending until all are over.
    for job in jobs.values():
        job.over()


def tasks(turns):
    """The first job fills the store; it doesn't count."""
    Job("stepping", "tasks.py", "enforce", "first").over()
    # On one processor tasks start one after another, so that what they take adds up.
    root("taskset -acp 0 $(cat /run/slurm/slurmd-n1.pid)")
    for say.turn in range(turns):
        for mode in order(MODES, say.turn):
            job = Job("stepping", "tasks.py", mode, mode)
            until((job.directory / "times").exists)
            say(mode, job.directory / "times")
            job.over()


# The crawler would look at the results of one job beside the next.
root(f"kill $(cat /run/lab/crawler.pid); {LAB}/stepping")
workloads(2 * int(sys.argv[1]))
tasks(int(sys.argv[1]))
