"""A program that runs as the job's user, whoever starts it, and gives the data away."""

import os
import shutil
import time

from lib import run, write

STOPPED_BY = "namespaces"


def inside(it):
    shutil.copy("/usr/bin/cat", f"/tmp/{it.name}-cat")
    write(f"/tmp/{it.name}-loot", it.token)
    os.chmod(f"/tmp/{it.name}-loot", 0o600)
    os.chmod(f"/tmp/{it.name}-cat", 0o4755)


def beside(it):
    time.sleep(1)
    print(run(f"/tmp/{it.name}-cat", f"/tmp/{it.name}-loot"))
