"""In a job: a process with all that calls by number tell of it, and one that ends with code 42 when
it is told to. Says their numbers in `ready`."""

import os
import time

from lib import call

ioprio_set, idle = 251, 3 << 13
ending = os.fork()
if ending == 0:
    while not os.path.exists("end"):
        time.sleep(0.05)
    os._exit(42)
os.setpriority(os.PRIO_PROCESS, 0, 7)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
call(ioprio_set, 1, 0, idle)
with open("partial", "w", encoding="utf-8") as file:
    print(os.getpid(), ending, file=file)
os.rename("partial", "ready")
os.waitpid(ending, 0)
time.sleep(60)
