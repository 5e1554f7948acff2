"""On a node of the lab: what its decider is asked about a head job, without Slurm."""

import json
import os

PROGRAM = "/usr/libexec/sluice/sluice-admit"
ALICE = 5001


def question(job, bundle):
    """Facts, as the plugin sends them, of a job of alice's whose script runs this bundle; run
    directory and script are made for it."""
    run, spool = f"/srv/sluice/runs/alice/{job}", f"/root/spool/job{job:05}"
    os.makedirs(run)
    os.makedirs(spool)
    with open(f"{run}/a.sh", "w") as file:
        file.write("true\n")
    for path in (run, f"{run}/a.sh"):
        os.chown(path, ALICE, ALICE)
    script = f"{spool}/slurm_script"
    with open(script, "w") as file:
        file.write(f"#!/bin/bash\nbash {bundle}/run.sh a.sh\n")
    facts = {
        "format": 1, "mode": "enforce", "node": "n1", "slurm": "22.05", "step": "batch",
        "job": {
            "id": job, "restart": 0, "uid": ALICE, "gid": ALICE, "groups": [ALICE], "account": "",
            "partition": "main", "start-time": 1, "nodes": ["n1"], "array": False, "het": False,
            "work-dir": run, "script": script, "script-args": 0,
        },
    }
    return json.dumps(facts).encode()
