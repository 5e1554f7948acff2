"""A held job's name."""

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("sbatch", "-H", f"--job-name={it.token}", "--wrap=true")
