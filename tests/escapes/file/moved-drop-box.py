"""The user moves the drop box away while the job runs; what it then writes by the old name is found in a new one."""

import os
import time

from lib import RUNS, write

STOPPED_BY = "namespaces"


def listen(it):
    os.makedirs(f"{RUNS}/{it.name}/box", exist_ok=True)


def inside(it):
    here = os.getcwd()
    for _ in range(40):
        time.sleep(0.05)
        try:
            write(f"{here}/{it.name}", it.token)
        except OSError:
            pass


def beside(it):
    box = open(f"/srv/drop/box-{it.job}", encoding="utf-8").read()
    os.rename(box, f"{box}.old")
    os.mkdir(box, 0o777)
    time.sleep(2.5)
    for directory in (box, f"{box}.old"):
        try:
            print(open(f"{directory}/{it.name}", encoding="utf-8").read())
        except OSError:
            pass
    os.rename(box, f"{box}.new")
    os.rename(f"{box}.old", box)
