"""sandbox.py TURNS, as root in the lab. On n1 a job of mode=off does each workload beside one of
mode=enforce, and beside a second one of mode=off for control; both at the same time, each on one
processor and then on the other's, so that what disturbs one disturbs the other. Then jobs of either
mode in turn start steps of many tasks. Prints what the jobs say of themselves, a line of JSON each."""

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
# Jobs by what they are called, with their mode. What the control differs from the first is chance.
JOBS = {"off": "off", "enforce": "enforce", "control": "off"}
PROCESSORS = ((0, 1), (1, 0))


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
    """A job on n1 that runs a program of ours in a mode."""

    def __init__(self, bundle, program, mode):
        self.turns = 0
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

    def tell(self, words):
        """Has it do something."""
        partial = self.directory / "told"
        partial.write_text(words, encoding="ascii")
        partial.rename(self.directory / f"go-{self.turns}")
        self.turns += 1

    def done(self):
        """The file in which it says what that took, once it is there."""
        file = self.directory / f"done-{self.turns - 1}"
        until(file.exists, pause=0.01)
        return file

    def over(self):
        """Nothing of it may run beside the next one."""
        until(lambda: not subprocess.run(["squeue", "--noheader", f"--jobs={self.number}"], text=True,
                                         stdout=subprocess.PIPE).stdout)
        until(lambda: not (PENDING.exists() and os.listdir(PENDING)))


def say(file, **more):
    """Passes on what a job has written."""
    for line in file.read_text(encoding="ascii").splitlines():
        print(json.dumps(more | json.loads(line)), flush=True)


def workloads(turns):
    """The jobs stay, so that a workload costs no start."""
    jobs = {}
    for name, mode in JOBS.items():
        jobs[name] = Job("worst-case", "workloads.py", mode)
        until((jobs[name].directory / "ready").exists)
    for turn in range(turns):
        for workload in WORKLOADS:
            for other in ("enforce", "control"):
                pair = (other, "off")
                for processors in PROCESSORS:
                    for name, processor in zip(pair, processors):
                        jobs[name].tell(f"{workload} {processor}")
                    for name in pair:
                        say(jobs[name].done(), turn=turn, beside=other, job=name)
    for job in jobs.values():
        job.tell("end")
    # Something is pending until all are over.
    for job in jobs.values():
        job.over()


def tasks(turns):
    """The first job fills the store; it doesn't count."""
    Job("stepping", "tasks.py", "enforce").over()
    # On one processor tasks start one after another, so that what they take adds up.
    root("taskset -acp 0 $(cat /run/slurm/slurmd-n1.pid)")
    for turn in range(turns):
        # Whoever comes first finds other caches: they take turns at that, too.
        for mode in MODES[::1 - 2 * (turn % 2)]:
            job = Job("stepping", "tasks.py", mode)
            times = job.directory / "times"
            until(times.exists)
            say(times, turn=turn, job=mode)
            job.over()


# The crawler would look at the results of one job beside the next.
root(f"kill $(cat /run/lab/crawler.pid); {LAB}/stepping")
workloads(3 * int(sys.argv[1]))
tasks(int(sys.argv[1]))
