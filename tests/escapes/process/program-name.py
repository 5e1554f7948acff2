"""The name of the job's program, /proc/PID/exe."""

import os
import shutil

STOPPED_BY = "namespaces"


def inside(it):
    shutil.copy("/usr/bin/sleep", f"/tmp/{it.token}")
    os.execv(f"/tmp/{it.token}", ["sleep", "60"])


def beside(it):
    print(os.readlink(f"/proc/{it.pid}/exe"))
