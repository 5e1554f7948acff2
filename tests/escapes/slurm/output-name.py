"""The name of a held job's output file."""

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("sbatch", "-H", f"--output=/tmp/{it.token}", "--wrap=true")
