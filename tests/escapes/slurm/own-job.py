"""A job beside the admitted one, of the same user, that reads the data."""

from lib import CANARY, run

STOPPED_BY = "namespaces"


def beside(it):
    run("sbatch", "--wait", "-w", "n1", f"--output={it.place}", "--wrap", f"sed 's/$/{it.tag}/' {CANARY}")
    print(open(it.place, encoding="utf-8").read())
