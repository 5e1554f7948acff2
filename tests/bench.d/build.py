"""On a node of the lab, which `prepare` made ready: prints the seconds that steps of an admitted job
and decisions about head jobs take, the median of a few each. The argument is the turn."""

import json
import os
import subprocess
import sys
import time
from statistics import median

sys.path.insert(0, "/usr/share/sluice-lab/lab.d")
import decider

TURN = int(sys.argv[1])
TIMES = 5
JOB = "/root/bench-job"


def as_alice(*words, **more):
    done = subprocess.run(words, user=decider.ALICE, group=decider.ALICE, extra_groups=[], cwd="/tmp",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    assert done.returncode == 0, done.stdout
    return done.stdout


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def job():
    """An admitted job that goes on, and the ticket of its steps; the first turn submits it."""
    if not os.path.exists(JOB):
        with open("/tmp/a.sh", "w") as file:
            file.write("sleep 100000\n")
        said = as_alice("sluice", "submit", "small@1.0.0", "--file", "/tmp/a.sh", "--run-dir",
                        "/srv/sluice/runs/alice/bench", "--", "-w", "n1", env={"PATH": "/usr/bin:/bin"})
        with open(JOB, "w") as file:
            file.write(said.split()[-1])
    with open(JOB) as file:
        number = file.read()
    record = f"/run/sluice/jobs/{number}.0/"
    while not os.path.exists(record + "user"):
        time.sleep(0.1)
    with open(record + "ticket") as file:
        return number, file.read()


def steps(tasks):
    number, ticket = job()
    words = ["srun", "-Q", "-w", "n1", f"--jobid={number}", "--overlap", "--overcommit", f"-n{tasks}",
             "/bin/true"]
    took = []
    for _ in range(TIMES):
        took.append(timed(lambda: as_alice(*words, env={"PATH": "/usr/bin:/bin", "SLUICE_TICKET": ticket})))
        time.sleep(0.05)
    return median(took)


def decisions(workflow, first):
    took = []
    for number in range(TIMES):
        question = decider.question(first + TURN * TIMES + number,
                                    f"/srv/sluice/workflows/{workflow}/1.0.0")
        answer = []
        took.append(timed(lambda: answer.append(
            subprocess.run([decider.PROGRAM], input=question, stdout=subprocess.PIPE).stdout)))
        assert b'"admit"' in answer[0], answer[0]
    return median(took)


json.dump({
    "step of an admitted job, 1 task": steps(1),
    "step of an admitted job, 16 tasks": steps(16),
    "decider for a head job, 60 files": decisions("small", 91000),
    "decider for a head job, 40,000 files": decisions("large", 92000),
}, sys.stdout)
