"""A step outside any admitted job runs a program of the user's."""

import subprocess

from lib import plant, tell

STOPPED_BY = "namespaces landlock"


def beside(it):
    subprocess.run(["srun", "-w", "n1", "-n1", plant(it)], timeout=6)
    tell(it)
