"""A held job's comment, which everybody reads in the queue."""

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("sbatch", "-H", f"--comment={it.token}", "--wrap=true")
