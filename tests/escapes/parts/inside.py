"""The job's part: `inside.py COLUMN PEERS NAME…` runs the attempts' `inside`, says that they are
under way, and stays until it is told to end."""

import json
import os
import signal
import sys
import time

import attempts
import calls
from lib import CANARY, It


def main(column, peers, names):
    # Where attempts find the job's own output.
    os.dup2(1, 3)
    os.dup2(2, 4)
    try:
        with open(CANARY, encoding="utf-8") as file:
            canary = file.read().strip()
    except OSError as error:
        print("no data:", error)
        return 1
    # Whether it comes is for an attempt to see.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGURG})
    peers = json.loads(peers)
    os.makedirs("said", exist_ok=True)
    short, staying = [], {}
    for name, module in attempts.find(set(names)).items():
        it = It(name.split("/")[1], attempts.tag(column, name), peer=peers.get(name, 0))
        it.token = canary + it.tag
        said = f"said/{name.replace('/', '.')}"
        stays = hasattr(module, "beside")
        pid = attempts.start(module.inside, it, said, stay=stays)
        if stays:
            staying[name] = pid
        else:
            short.append(pid)
    attempts.wait(short, 8)
    time.sleep(0.3)
    with open("partial", "w", encoding="utf-8") as file:
        json.dump({"pids": staying, "reached": calls.reached()}, file)
    os.rename("partial", "ready")
    for _ in range(600):
        if os.path.exists("done"):
            break
        time.sleep(0.1)
    for pid in staying.values():
        attempts.stop(pid)
    return 0


sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
