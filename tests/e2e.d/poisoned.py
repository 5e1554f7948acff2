"""sbatch with the variables of /tmp/env/names, all `poison`: `early` those that it takes along, `late`
those that itself or its loader would follow before anything is submitted."""

import os
import sys

with open("/tmp/env/names") as file:
    names = file.read().split()
own = ("LD_", "GLIBC_", "SBATCH_", "SLURM_CONF", "SLURM_TIME", "MALLOC_", "GCONV", "LOCPATH",
       "SLURM_CONTAINER")
env = {name: "poison" for name in names if not name.startswith(own)}
late = {name: "poison" for name in names if name.startswith(own)}
env["PATH"] = "/usr/bin:/bin:/poison"
late |= {"LD_PRELOAD": "/usr/lib/poison.so", "LD_LIBRARY_PATH": "/poison"}
if sys.argv[1] == "late":
    env = late | {"PATH": "/usr/bin:/bin", "SLURM_CONF": "/etc/slurm/slurm.conf"}
os.execve("/usr/bin/sbatch", ["sbatch", "--export=ALL", "--wait", *sys.argv[2:]], env)
