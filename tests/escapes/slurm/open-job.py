"""A job in a partition that nobody watches, beside the admitted one."""

from lib import CANARY, run

STOPPED_BY = "namespaces"


def beside(it):
    run("sbatch", "--wait", "--partition=open", "-w", "n1", f"--output={it.place}", "--wrap",
        f"sed 's/$/{it.tag}/' {CANARY}")
    print(open(it.place, encoding="utf-8").read())
