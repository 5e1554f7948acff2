"""One column of the table, as root in the lab: `column.py COLUMN off|enforce MUTATIONS [NAME…]`.

Starts the attempts' outer halves, a job with their inner halves and an honest job in the
environment that they prepare, and then looks from outside, as the job's user and as another, for
the canary. Prints what got out and, for the reader, what stopped the others, as JSON.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import attempts
from lib import LOCKS, RUNS, It, libc

ALICE = 5001
WORKFLOWS = "/srv/sluice/workflows"
SEALED = Path("/srv/sluice-private/sealed/lab")
LOOT = Path("/srv/loot")
LAB = "/usr/share/sluice-lab"
# Where a user finds files, on any host.
PLACES = "/home /srv /tmp /var /dev/shm /run /data /mnt /opt"
LOOK = f"""
grep -rhaoE --exclude-dir=said --exclude-dir=runtimes --exclude-dir=loot 'canary-[[:xdigit:]]{{32}}-[[:graph:]]*' {PLACES}
find {PLACES} -name runtimes -prune -o -printf '%p %l\\n' | grep -o 'canary-[[:graph:]]*'
squeue --all --states=all --noheader --Format=Name:250,Comment:250,WorkDir:250,STDOUT:250,Command:250
squeue --all --steps --noheader --format='%j %i'
scontrol --all show jobs
ipcs
"""


def shell(command):
    """Runs a command as root; its output."""
    return subprocess.run(["bash", "-c", command], text=True, capture_output=True,
                          errors="replace").stdout


def user(name, host="submit"):
    """Words before a command that a user is to run on a host."""
    pid = 1 if host == "submit" else Path(f"/run/lab/{host}.pid").read_text().strip()
    return ["nsenter", "--mount", f"--target={pid}", "--", "setpriv", f"--reuid={name}",
            f"--regid={name}", "--init-groups", "--"]


def until(seconds, condition):
    """Waits for a condition; whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Job:
    """A job of alice's on n1, from a run directory of its own."""

    workflow = "worst-case"

    def __init__(self, name, file, environment):
        self.run = Path(RUNS) / f"{name}-{time.monotonic_ns()}"
        self.run.mkdir()
        (self.run / "attempt.sh").write_text(file)
        program = f"{WORKFLOWS}/{self.workflow}/1.0.0/run.sh"
        (self.run / "job.sh").write_text(f"#!/bin/bash\nbash {program} attempt.sh\n")
        shell(f"chown -R alice:alice {self.run}")
        # No shell in between, in which the environment would act.
        done = subprocess.run(
            [*user("alice"), "env", f"--chdir={self.run}", "sbatch", "--parsable", "-w", "n1", "-e",
             "err.%j", "job.sh"],
            env={"HOME": "/home/alice", "PATH": "/usr/bin:/bin"} | environment,
            text=True, capture_output=True)
        self.id = done.stdout.strip()
        if not self.id:
            sys.exit(f"sbatch: {done.stderr}")

    def find(self, name):
        """A file that the job made, wherever it really writes."""
        for directory in (SEALED / f"{self.id}.0/run", self.run):
            if (directory / name).exists():
                return directory / name
        return None

    def ended(self):
        state = shell(f"squeue --noheader --states=all --job={self.id} --format=%T").strip()
        return state not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING")

    def settled(self):
        """Whether its results are published, or held."""
        words = [*user("alice"), "sluice", "results", str(self.run), "--json"]
        text = subprocess.run(words, text=True, capture_output=True).stdout
        return '"published"' in text or '"held"' in text

    def report(self):
        return shell(f"scontrol show job {self.id}; tail -n 30 {self.run}/slurm* {self.run}/err*"
                     f" {SEALED}/{self.id}.0/run/.sluice/std*; tail -n 20 /var/log/slurm/slurmd-n1.log")


def set_up(mode, mutations):
    """The plugin's mode, what it leaves out, and a place without what others left."""
    if "network=slurm" in mutations:
        Job.workflow = "stepping"
        if not Path(f"{WORKFLOWS}/stepping").exists():
            subprocess.run([f"{LAB}/lab.d/stepping"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
    hide = "off" if mode == "off" or "hidepid-of-node" in mutations else "invisible"
    shell(f"{LAB}/lab.d/set-mode {mode}; mount -o remount,hidepid={hide} /proc;"
          " scancel --user=alice; pkill -9 -u alice; ipcrm --all;"
          f" rm -rf /home/alice/* /srv/drop /tmp/* /dev/shm/* /run/user {LOOT} {RUNS}/*;"
          f" install -d /run/user; install -d -o alice -m 700 /run/user/{ALICE};"
          f" mkdir -m 1777 -p {LOOT} /srv/drop; install -m 755 /usr/bin/true /srv/drop/program")
    locks = "mount --bind /run/locks"
    if mode == "off" or "locks-of-node" in mutations:
        locks = "umount -q"
        # The table's mode is the whole machine's, and may be as it should.
        os.dup2(os.open("/proc/locks", os.O_RDONLY), LOCKS)
    for node in ("n1", "n2"):
        words = ["nsenter", "--mount", f"--target={Path(f'/run/lab/{node}.pid').read_text().strip()}"]
        subprocess.run([*words, "bash", "-c", f"umount -q /proc/locks; {locks} /proc/locks"])
        subprocess.run([*words, "tee", "/run/sluice/mutations"], input=mutations, text=True,
                       stdout=subprocess.DEVNULL, check=True)


def search():
    """All that a user finds on any host, and what is published."""
    found = shell("grep -rhao 'canary-[[:graph:]]*' /srv/sluice/published")
    for who, host in (("alice", "submit"), ("alice", "n1"), ("alice", "n2"), ("bob", "n1")):
        found += subprocess.run([*user(who, host), "bash", "-c", LOOK], text=True, errors="replace",
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return found


class Column:
    """The attempts of one column, from first to last."""

    def __init__(self, name, wanted):
        self.name, self.wanted = name, wanted
        self.outer = {}
        self.directories, self.reached = [], []

    def having(self, function):
        return {name: getattr(module, function) for name, module in self.wanted.items()
                if hasattr(module, function)}

    def it(self, name, **more):
        tag = attempts.tag(self.name, name)
        return It(name.split("/")[1], tag, mark=f"code-ran{tag}", **more)

    def outside(self, name, function, **more):
        """Runs a part of an attempt on the node as alice."""
        loot = LOOT / name.replace("/", ".")
        pid = attempts.start(function, self.it(name, **more), loot, ALICE)
        self.outer.setdefault(name, []).append(pid)
        return pid

    def run(self, sealed):
        peers = {name: self.outside(name, listen) for name, listen in self.having("listen").items()}
        time.sleep(0.3)
        environment, honest = {}, None
        for name, prepare in self.having("environment").items():
            environment |= prepare(self.it(name))
        if environment:
            honest = Job("honest", "true\n", environment)
        self.attack(peers)
        if honest:
            until(20, honest.ended)
            if sealed:
                until(20, honest.settled)

    def attack(self, peers):
        words = f"{self.name} '{json.dumps(peers)}' {' '.join(self.having('inside'))}"
        job = Job("attempts", f"exec python3 {LAB}/escapes/parts/inside.py {words}\n", {})
        Path(f"/srv/drop/box-{job.id}").write_text(str(job.run))
        if not until(40, lambda: job.find("ready")):
            sys.exit(f"{self.name}: the job does not get under way\n{job.report()}")
        directory = job.find("ready").parent
        ready = json.loads((directory / "ready").read_text())
        self.reached, pids = ready["reached"], ready["pids"]
        beside = [self.outside(name, function, pid=pids.get(name, 0), job=job.id)
                  for name, function in self.having("beside").items()]
        attempts.wait(beside, 8)
        (directory / "done").touch()
        until(20, job.ended)
        # What outlives the job gets its chance.
        time.sleep(0.5)
        attempts.wait([self.outside(name, function) for name, function in self.having("after").items()], 15)
        self.directories = [directory / "said", LOOT]

    def is_out(self, name, canary, found):
        """Whether its token was found, or printed by its own outer half: one that reads the job's
        memory sees the others' tokens, too."""
        path = LOOT / name.replace("/", ".")
        loot = path.read_text(errors="replace") if path.exists() else ""
        tag = attempts.tag(self.name, name)
        return canary + tag in found + loot or f"code-ran{tag}" in loot

    def stopped(self, name):
        """What an attempt died of."""
        for place in self.directories:
            path = place / name.replace("/", ".")
            text = path.read_text(errors="replace") if path.exists() else ""
            for line in text.splitlines():
                if line.startswith("stopped:"):
                    return line.removeprefix("stopped: ")
        return ""


def main(name, mode, mutations, *names):
    """With the name `none` only what the job reaches is looked at."""
    set_up(mode, mutations)
    # From here on this process is on the node, as those who attack from beside the job are.
    node = Path("/run/lab/n1.pid").read_text().strip()
    if libc.setns(os.open(f"/proc/{node}/ns/mnt", os.O_RDONLY), 0):
        sys.exit("setns failed")
    os.environ |= {"HOME": "/home/alice", "USER": "alice"}
    shell("pgrep -x atd || atd")
    column = Column(name, attempts.find(set(names) if names else None))
    column.run(sealed=mode != "off")
    found = search()
    canary = Path("/srv/sluice-private/data/cohort/canary.txt").read_text().strip()
    out = [name for name in column.wanted if column.is_out(name, canary, found)]
    stopped = {name: column.stopped(name) for name in column.wanted if name not in out}
    for pids in column.outer.values():
        for pid in pids:
            attempts.stop(pid)
    print(json.dumps({"out": out, "stopped": stopped, "reached": column.reached}))


sys.exit(main(*sys.argv[1:]))
