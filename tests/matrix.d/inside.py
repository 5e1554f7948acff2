"""The launch matrix inside one lab: every way to start something, out of scope, approved and
refused. Prints one JSON object a cell."""

import sys
import time
from pathlib import Path

import steps
from cells import HOME, MARK, PARTITION, SEALED, alice, box, cell, marks, plain, root, submit, unmark, until

REFUSED = {
    "step": ["did not run, step-refused"],
    "home": ["did not run, run-directory-refused"],
    "array": ["did not run, array-refused"],
    "het": ["did not run, het-refused"],
    "script": ["did not run, script-unmatched", "did not run, not-listed",
               "did not run, script-refused"],
}
RAN = ["ran"]


def batch():
    """Ways of sbatch."""
    own, approved = f"{HOME}/job.sh", "job.sh"
    for row, options, columns in [
        ("sbatch FILE", "{}", {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch < FILE", "< {}", {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --export-file", "--export-file=exported {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --input", "--input={} {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --container", "--container=$PWD/c {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --wrap", "--wrap='bash {}'",
         {"outside": RAN, "approved": REFUSED["script"], "refused": REFUSED["home"]}),
        ("sbatch --array", "--array=0-1 {}",
         {"outside": RAN, "approved": REFUSED["array"], "refused": REFUSED["array"]}),
        ("sbatch -a NAME (WESkit's mistake)", "-a 0 {}",
         {"outside": RAN, "approved": REFUSED["array"], "refused": REFUSED["array"]}),
        ("sbatch, heterogeneous", "-n1 : -n1 {}",
         {"outside": RAN, "approved": REFUSED["het"], "refused": REFUSED["het"]}),
        ("sbatch --requeue", "--requeue {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --export=NONE", "--export=NONE {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --export=A=1", "--export=A=1 {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch --get-user-env", "--get-user-env {}",
         {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
        ("sbatch, script with arguments", "{} x",
         {"outside": RAN, "approved": REFUSED["script"], "refused": REFUSED["home"]}),
        ("sbatch -N2", "-N2 {}", {"outside": RAN, "approved": RAN, "refused": REFUSED["home"]}),
    ]:
        for column, expected in columns.items():
            text = options.replace("{}", approved if column == "approved" else own)
            command = f"mkdir -p c; printf 'A=1\\0' > exported; sbatch -o o.%j {text}"
            cell(row, column, expected, submit(command) if column == "approved" else command)


def allocations():
    """Ways of srun and salloc, from outside any admitted job."""
    run = f"{HOME}/program"
    for row, command, typed in [
        ("srun", f"srun {run}", None),
        ("srun -n2", f"srun -n2 {run}", None),
        ("srun -N2", f"srun -N2 {run}", None),
        ("srun --pty", f"srun --pty {run}", ""),
        ("srun --multi-prog", "srun -n2 --multi-prog many.conf", None),
        ("srun --bcast", f"srun --bcast=/tmp/matrix-copy-$RANDOM {run}", None),
        ("srun --export=NONE", f"srun --export=NONE {run}", None),
        ("srun --task-prolog", f"srun --task-prolog={run} true", None),
        ("srun --task-epilog", f"srun --task-epilog={run} true", None),
        ("srun with SLURM_TASK_EPILOG", f"SLURM_TASK_EPILOG={run} srun true", None),
        ("srun --container", f"mkdir -p c; srun --container=$PWD/c {run}", None),
        ("srun with a private configuration",
         f"grep -v PlugStack /etc/slurm/slurm.conf > c.conf; echo PlugStackConfig=/dev/null >> c.conf;"
         f" SLURM_CONF=$PWD/c.conf srun {run}", None),
        ("srun, heterogeneous", f"srun -n1 {run} : -n1 {run}", None),
        ("salloc srun", f"salloc --quiet srun {run}", None),
        ("salloc srun --interactive", f"salloc --quiet srun --interactive {run}", None),
        ("salloc --no-shell, srun --jobid",
         f"job=$(salloc --no-shell 2>&1 | sed -n 's/.*Granted job allocation //p');"
         f" srun --jobid=$job {run}; rc=$?; scancel $job; exit $rc", None),
        ("salloc, interactive step", "salloc --quiet", f"bash {run}; exit\n"),
    ]:
        cell(row, "outside", RAN if "--container" not in command else ["ran", "did not run"],
             command, typed=typed)
        cell(row, "refused", REFUSED["step"], command, typed=typed)


def requeues():
    """A running job requeued by its owner, and by the failure of its node."""
    def state(job):
        return root(f"squeue --noheader --states=all --jobs={job} --format=%T").strip()

    def held(column, event):
        run = box("echo ran > mark; sleep 2\n") if column == "approved" else None
        script = "job.sh" if run else "slow.sh"
        slow = HOME / "slow.sh"
        slow.write_text(f"#!/bin/sh\necho ran >> {MARK}\nsleep 2\n")
        code, text = alice(f"cd {run or HOME}; sbatch --parsable --requeue -w n1 -o o.%j {script}",
                           PARTITION[column])
        job = text.split()[0]
        until(10, lambda: state(job) not in ("PENDING", "CONFIGURING"))
        # Running is what has begun to run; a refused job never does.
        if column != "refused":
            until(5, marks)
        unmark()
        root(event.format(job))
        # slurmd takes a credential of the second in which it revoked the last one for revoked, too.
        time.sleep(2)
        # Slurm lets a requeued job wait for minutes, since its old step must have ended by then.
        until(20, lambda: not root("pgrep -x slurmstepd"))

        def started():
            if state(job) == "PENDING":
                root(f"scontrol update jobid={job} starttime=now")
            return state(job) not in ("PENDING", "COMPLETING")
        until(30, started)
        return code, text

    for row, event in [
        ("scontrol requeue", "scontrol requeue {}"),
        # A node that failed has no step left when it comes back; Slurm drains one that has.
        ("node failure", "scontrol update nodename=n1 state=down reason=test; sleep 1;"
                         " for i in $(seq 200); do pgrep -x slurmstepd >/dev/null || break; sleep 0.1; done;"
                         " scontrol update nodename=n1 state=resume"),
    ]:
        for column, expected in [("outside", RAN), ("approved", RAN), ("refused", REFUSED["home"])]:
            cell(row, column, expected, lambda column=column, event=event: held(column, event))


def moved():
    """Jobs that come into scope after they were submitted."""
    # Some versions do not let it be moved just after its submission.
    cell("sbatch, moved into the partition by scontrol update", "refused", REFUSED["home"],
         f"job=$(sbatch --parsable --hold -p open -o o.%j {HOME}/job.sh); for i in $(seq 50); do"
         " scontrol update jobid=$job partition=main && break; sleep 0.2; done;"
         " scontrol release $job")
    root("scontrol update partitionname=open state=down")
    try:
        cell("sbatch, two partitions, the one out of scope down", "refused", REFUSED["home"],
             f"sbatch -p open,main -o o.%j {HOME}/job.sh")
    finally:
        root("scontrol update partitionname=open state=up")


def elsewhere():
    """A step on nodes of which one refuses."""
    # A word in one node's configuration: there the job is out of scope, on the other one refused.
    config = Path(f"/proc/{Path('/run/lab/n1.pid').read_text().strip()}/root/etc/sluice/sluice.toml")
    text = config.read_text()
    config.write_text(text.replace('partitions = ["main"]', 'partitions = ["other"]'))
    try:
        cell("srun -N2, one node refuses", "refused", ["ran, step-refused"],
             f"srun -N2 {HOME}/program")
    finally:
        config.write_text(text)


def after_another():
    """A required plugin before ours whose task hooks return 1, which makes Slurm skip the rest."""
    plugstack = Path("/etc/slurm/plugstack.conf")
    text = plugstack.read_text()
    plugstack.write_text(f"required /usr/lib/sluice/positive.so\n{text}")
    try:
        cell("after a plugin whose task hooks return 1", "refused",
             ["did not run", "did not run, step-refused"], f"srun {HOME}/program")
    finally:
        plugstack.write_text(text)


def cron():
    """scrontab: two entries of alice's, at the next full minute."""
    table = HOME / "table"
    table.write_text(
        "#SCRON -p open\n#SCRON -J cron-outside\n"
        f"* * * * * {HOME}/cron-outside\n"
        "#SCRON -p main\n#SCRON -J cron-refused\n#SCRON -o /home/alice/cron.out\n"
        f"* * * * * {HOME}/cron-refused\n"
    )
    for name in ("outside", "refused"):
        path = HOME / f"cron-{name}"
        path.write_text(f"#!/bin/sh\necho ran > /tmp/matrix-cron-{name}\n")
        path.chmod(0o755)
    return alice("scrontab table", "main")[0] == 0


def cron_ended():
    """Wait for both, and take the table away."""
    def ended(name):
        text = root(f"squeue --states=all --noheader --name=cron-{name} --format='%T %V'")
        out = HOME / "cron.out"
        return (Path(f"/tmp/matrix-cron-{name}").exists()
                or (name == "refused" and out.exists() and "refused" in out.read_text()), text)
    for _ in range(1500):
        if ended("outside")[0] and ended("refused")[0]:
            break
        time.sleep(0.1)
    message = (HOME / "cron.out").read_text() if (HOME / "cron.out").exists() else ""
    alice("scrontab -r", "main")
    for name, expected in (("outside", RAN), ("refused", REFUSED["home"])):
        cell("scrontab", name, expected, lambda: (0, message if name == "refused" else ""),
             ran=Path(f"/tmp/matrix-cron-{name}").exists)


def main():
    for node in ("n1", "n2"):
        pid = Path(f"/run/lab/{node}.pid").read_text().strip()
        with open(f"/proc/{pid}/root/etc/sluice/sluice.toml", "r+") as file:
            text = file.read()
            file.seek(0)
            file.write(text.replace("[data.", '[scope]\npartitions = ["main"]\n\n[data.', 1))
    plain()
    has_cron = cron()
    batch()
    allocations()
    requeues()
    moved()
    elsewhere()
    steps.inside()
    steps.outside()
    after_another()
    # Debian 12 has no scrontab.
    if has_cron:
        cron_ended()


if __name__ == "__main__":
    sys.exit(main())
