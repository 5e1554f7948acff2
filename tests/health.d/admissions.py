"""Ask this node's decider to admit a hundred jobs of one workflow at the same time, as as many
slurmstepds would. Prints how many were admitted, and how many different copies they run from."""

import json
import os
import subprocess
import sys

BUNDLE, FIRST = sys.argv[1], 90001
ALICE = 5001


def ask(job):
    """Start a decider for a job of alice's that runs the approved script."""
    run, script = f"/srv/sluice/runs/alice/cold-{job}", f"/root/script-{job}"
    os.makedirs(run)
    with open(f"{run}/a.sh", "w") as file:
        file.write("true\n")
    for path in (run, f"{run}/a.sh"):
        os.chown(path, ALICE, ALICE)
    with open(script, "w") as file:
        file.write(f"#!/bin/bash\nbash {BUNDLE}/run.sh a.sh\n")
    facts = {
        "format": 1, "mode": "enforce", "node": "n1", "slurm": "22.05", "step": "batch",
        "job": {
            "id": job, "restart": 0, "uid": ALICE, "gid": ALICE, "groups": [ALICE], "account": "",
            "partition": "main", "start-time": 1, "nodes": ["n1"], "array": False, "het": False,
            "work-dir": run, "script": script, "script-args": 0,
        },
    }
    child = subprocess.Popen(
        ["/usr/libexec/sluice/sluice-admit"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    child.stdin.write(json.dumps(facts).encode())
    child.stdin.close()
    return child


answers = [json.loads(child.stdout.read()) for child in [ask(FIRST + i) for i in range(100)]]
admitted = [answer["admit"] for answer in answers if "admit" in answer]
print(len(admitted), len({json.dumps(admission["binds"][0]) for admission in admitted}))
for answer in answers:
    if "admit" not in answer:
        print(answer)
