"""On a node of the lab: what a step, a head job and a job that is none of Sluice's business pay,
each pair measured in turn. Prints figures for people on standard error, JSON on standard output.

A head job's admission is the decider's time, which no Slurm has a part in, plus what its step pays
for the sandbox; the stat walk of the bundle, which is find(1)'s here, is given beside it."""

import json
import os
import subprocess
import sys
import time
from statistics import median

sys.path.insert(0, "/usr/share/sluice-lab/lab.d")
import decider
from chance import interval

RUNS = int(sys.argv[1])
# Seconds for Slurm to clear away what came before, on a machine of few cores.
SETTLE = 0.04
PLUGSTACK = "/etc/slurm/plugstack.conf"
with open(PLUGSTACK) as file:
    PLUGIN = file.read().split()[1]


def plugin(mode):
    """What the next step loads; nothing without a mode."""
    with open(PLUGSTACK + ".new", "w") as file:
        file.write(f"required {PLUGIN} mode={mode}\n" if mode else "")
    os.rename(PLUGSTACK + ".new", PLUGSTACK)


def as_alice(words, **more):
    return subprocess.run(
        words, user=decider.ALICE, group=decider.ALICE, extra_groups=[], cwd="/tmp",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more,
    )


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(name, values, limit=None, **more):
    middle, low, high = (it * 1e3 for it in interval(values))
    found = {"name": name, "runs": len(values), "median-ms": middle, "low-ms": low, "high-ms": high}
    found |= more
    if limit:
        found |= {"limit-ms": limit, "met": middle <= limit}
    found = {key: round(it, 3) if isinstance(it, float) else it for key, it in found.items()}
    REPORT.append(found)
    print("{name}: {median-ms} ms [{low-ms}, {high-ms}]".format_map(found), more, file=sys.stderr)


def step(words, env):
    def work():
        done = as_alice(["srun", "-Q", "-w", "n1", *words, "/bin/true"], env=env)
        assert done.returncode == 0, done.stdout
    return work


def pairs(name, mode, words, env, limit=None):
    """Steps without the plugin and with it, in turn."""
    work = step(words, env)
    differences, alone = [], []
    for turn in range(RUNS):
        took = {}
        # Whoever comes first finds other caches: they take turns.
        for loaded in (None, mode) if turn % 2 else (mode, None):
            plugin(loaded)
            took[loaded] = seconds(work)
            time.sleep(SETTLE)
        differences.append(took[mode] - took[None])
        alone.append(took[None])
    plugin(mode)
    report(name, differences, limit, **{"slurm-alone-ms": median(alone) * 1e3})


def steps():
    env = {"PATH": "/usr/bin:/bin"}
    pairs("step where mode=off", "off", ["-n1"], env)
    with open("/etc/sluice/sluice.toml", "r+") as file:
        text = file.read()
        file.write('\n[scope]\npartitions = ["another"]\n')
    pairs("step out of a scope by partition", "enforce", ["-n1"], env)
    with open("/etc/sluice/sluice.toml", "w") as file:
        file.write(text)

    with open("/tmp/a.sh", "w") as file:
        file.write("sleep 100000\n")
    said = as_alice(["sluice", "submit", "small@1.0.0", "--file", "/tmp/a.sh", "--run-dir",
                     "/srv/sluice/runs/alice/bench", "--", "-w", "n1"], env=env).stdout
    job = said.split()[-1]
    record = f"/run/sluice/jobs/{job}.0/"
    while not os.path.exists(record + "user"):
        time.sleep(0.1)
    with open(record + "ticket") as file:
        env["SLUICE_TICKET"] = file.read()
    inside = [f"--jobid={job}", "--overlap", "--overcommit"]
    pairs("step of an admitted job, 1 task", "enforce", [*inside, "-n1"], env, limit=5)
    pairs("step of an admitted job, 64 tasks", "enforce", [*inside, "-n64"], env)
    as_alice(["scancel", job])


def admissions(workflow, entries, first):
    """The decider's time for head jobs of this workflow, less that of a walk right before it."""
    bundle = f"/srv/sluice/workflows/{workflow}/1.0.0"
    find = ["find", bundle, "-size", "+1G"]
    more, walks = [], []
    for number in range(first, first + RUNS + 1):
        question = decider.question(number, bundle)
        answers = []

        def ask():
            words = [decider.PROGRAM]
            answers.append(subprocess.run(words, input=question, stdout=subprocess.PIPE, check=True))

        walks.append(seconds(lambda: subprocess.run(find, check=True)))
        more.append(seconds(ask) - walks[-1])
        assert b'"admit"' in answers[0].stdout, answers[0].stdout
    files = sum(len(names) for _, _, names in os.walk(bundle))
    # The first one fills the store.
    report(f"decider for a head job, {files} files, {entries} entries, less the walk", more[1:], 25,
           **{"walk-ms": median(walks[1:]) * 1e3})


REPORT = []
steps()
admissions("small", 4, 91000)
admissions("large", 4, 92000)
subprocess.run(
    "cp -a /root/many /etc/sluice/allowlist/sets/900 && cd /etc/sluice/allowlist && "
    "serial=$(sed -nE 's/^serial = ([0-9]+).*/\\1/p' sets/900/index.toml) && "
    "rm -rf sets/$serial && mv sets/900 sets/$serial && ln -sfn sets/$serial current",
    shell=True, check=True)
admissions("small", 10004, 93000)
admissions("large", 10004, 94000)
plugin("enforce")
json.dump({"figures": REPORT}, sys.stdout, indent=1)
print()
