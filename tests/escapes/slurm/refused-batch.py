"""A batch script that nobody approved."""

import os

from lib import run

STOPPED_BY = "namespaces landlock"


def beside(it):
    run("sbatch", "--wait", "-w", "n1", "--output=/dev/null", f"--wrap=touch /srv/drop/{it.name}")


def after(it):
    if os.path.exists(f"/srv/drop/{it.name}"):
        print(it.mark)
