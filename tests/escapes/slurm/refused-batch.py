"""A batch script that nobody approved."""

from lib import plant, run, tell

STOPPED_BY = "namespaces landlock"


def beside(it):
    run("sbatch", "--wait", "-w", "n1", "--output=/dev/null", plant(it))


def after(it):
    tell(it)
