"""A step from outside with a file of programs."""

from lib import CANARY, run, write

STOPPED_BY = "namespaces"


def beside(it):
    write(it.place, f"0 /usr/bin/sed s/$/{it.tag}/ {CANARY}\n")
    print(run("srun", f"--jobid={it.job}", "--overlap", "-n1", "--multi-prog", it.place))
