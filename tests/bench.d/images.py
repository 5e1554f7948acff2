"""On a node of the lab: the decider's whole time for a head job, by what its bundle is, each measured in
turn. Prints figures for people on standard error, JSON on standard output."""

import json
import subprocess
import sys
import time

sys.path.insert(0, "/usr/share/sluice-lab/lab.d")
import decider
from chance import interval

RUNS = int(sys.argv[1])
LIMIT = 5
CASES = [
    ("directory of 60 files", "files-60/1.0.0", None),
    ("directory of 40,000 files", "files-40000/1.0.0", None),
    ("image of 60 files", "files-60/2.0.0", LIMIT),
    ("image of 40,000 files", "files-40000/2.0.0", LIMIT),
    ("image of 400,000 files", "files-400000/2.0.0", LIMIT),
]

job = 91000
took = {name: [] for name, _, _ in CASES}
# The first of each fills the store.
for turn in range(RUNS + 1):
    for name, version, _ in CASES:
        job += 1
        question = decider.question(job, f"/srv/sluice/workflows/{version}")
        start = time.perf_counter()
        done = subprocess.run([decider.PROGRAM], input=question, stdout=subprocess.PIPE, check=True)
        seconds = time.perf_counter() - start
        assert b'"admit"' in done.stdout, done.stdout
        if turn:
            took[name].append(seconds)

report = []
for name, _, limit in CASES:
    middle, low, high = (round(it * 1e3, 3) for it in interval(took[name]))
    found = {"name": name, "runs": RUNS, "median-ms": middle, "low-ms": low, "high-ms": high}
    if limit:
        found |= {"limit-ms": limit, "met": middle <= limit}
    report.append(found)
    print(f"{name}: {middle} ms [{low}, {high}]", file=sys.stderr)
json.dump({"figures": report}, sys.stdout, indent=1)
print()
