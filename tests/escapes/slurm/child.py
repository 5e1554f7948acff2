"""A job of its own in a partition that nobody watches."""

from lib import run

STOPPED_BY = "namespaces"


def inside(it):
    run("sbatch", "--partition=open", "--output=/dev/null", f"--wrap=echo {it.token} > {it.place}")
