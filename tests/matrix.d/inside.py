"""The launch matrix inside one lab: every way to start something, out of scope, approved and
refused. Prints one JSON object a cell."""

import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

HOME = Path("/home/alice")
RUNS = Path("/srv/sluice/runs/alice")
BUNDLE = "/srv/sluice/workflows/worst-case/1.0.0"
SEALED = Path("/srv/sluice-private/sealed/lab")
MARK = Path("/tmp/matrix-mark")
# The partition in scope, and the one that is not.
PARTITION = {"refused": "main", "approved": "main", "outside": "open"}


def root(command):
    """Run a command as root; its output."""
    return subprocess.run(command, shell=True, text=True, capture_output=True).stdout


def alice(command, partition, typed=None):
    """Run a command as alice with a partition set for all of Slurm's clients; exit code, output.
    With something to type it runs on a terminal.
    """
    env = {"HOME": str(HOME), "USER": "alice", "LOGNAME": "alice", "PATH": "/usr/bin:/bin"}
    env |= {f"{tool}_PARTITION": partition for tool in ("SBATCH", "SLURM", "SALLOC")}
    env |= {"LANG": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/bash"}
    argv = ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--"]
    argv += ["timeout", "60", "bash", "-c", command]
    if typed is not None:
        return with_terminal(argv, env, typed)
    done = subprocess.run(argv, env=env, cwd=HOME, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def with_terminal(argv, env, typed):
    """Run a command on a terminal of its own, with something typed ahead."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(HOME)
        os.execvpe(argv[0], argv, env)
    os.write(terminal, typed.encode())
    text = b""
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        if not read:
            break
        text += read
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode(errors="replace")


def last_job():
    """The highest job id that slurmctld has given."""
    return max([0] + [int(i) for i in root("squeue --states=all --noheader --format=%A").split()])


def jobs_since(first):
    """All jobs with a higher id, when none of them is under way."""
    for _ in range(600):
        ids = root("squeue --states=all --noheader --format='%A %T'").split("\n")
        new = [line.split() for line in ids if line and int(line.split()[0]) > first]
        busy = {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED"}
        if not any(state in busy for _, state in new):
            break
        time.sleep(0.1)
    shown = []
    for job in sorted({int(i) for i, _ in new}):
        for line in root(f"scontrol --oneliner show job {job}").splitlines():
            shown.append(dict(re.findall(r"(\w[\w:]*)=(\S*)", line)))
    return shown


def nodes():
    """The nodes' states, once they are idle or stay what they are."""
    for _ in range(150):
        states = sorted(set(root("sinfo --noheader --format=%T").split()))
        if states == ["idle"]:
            break
        time.sleep(0.1)
    return ",".join(states)


def box(script=None):
    """A new run directory of alice's whose attempt.sh leaves the mark; the approved script there."""
    box.count += 1
    run = RUNS / f"cell-{os.getpid()}-{box.count}"
    root(f"install -d -o alice -g alice {run}")
    (run / "attempt.sh").write_text(script or "echo ran > mark\n")
    (run / "job.sh").write_text(f"#!/bin/bash\nbash {BUNDLE}/run.sh attempt.sh\n")
    root(f"chown alice:alice {run}/*")
    return run


box.count = 0


def plain():
    """A program and a script of alice's that leave the mark where anyone sees it."""
    text = f"#!/bin/sh\necho ran >> {MARK}\nchmod 666 {MARK} 2>/dev/null; true\n"
    for name in ("program", "job.sh"):
        path = HOME / name
        path.write_text(text)
        path.chmod(0o755)
    (HOME / "many.conf").write_text(f"* {HOME}/program\n")


def cell(row, column, expected, command, *, typed=None, ran=None, nodes_as="idle"):
    """Run one cell and print what came of it."""
    MARK.unlink(missing_ok=True)
    for mark in SEALED.glob("*/run/mark"):
        mark.unlink()
    first = last_job()
    code, text = command() if callable(command) else alice(command, PARTITION[column], typed)
    jobs = jobs_since(first)
    did_run = ran() if ran else MARK.exists() or any(SEALED.glob("*/run/mark"))
    ids = [job["JobId"] for job in jobs]
    outputs = "".join(
        path.read_text(errors="replace")
        for job in jobs
        for path in [Path(job.get("StdOut", "/nonexistent"))]
        if path.is_file() and path.stat().st_size < 1 << 16
    )
    said = re.search(r"sluice: refused \(([a-z-]+)\)[^\r\n]*", text + outputs)
    outcome = ("ran" if did_run else "did not run") + (f", {said.group(1)}" if said else "")
    states = ", ".join(sorted({f"{job['JobState']} {job['ExitCode']}" for job in jobs})) or "no job"
    restarts = max([int(job.get("Restarts", 0)) for job in jobs], default=0)
    state = nodes()
    ok = outcome in expected and state == nodes_as
    print(json.dumps({
        "row": row, "column": column, "outcome": outcome, "expected": expected, "jobs": states,
        "exit-code": code, "restarts": restarts, "nodes": state, "ok": ok,
        "message": said.group(0) if said else "", "job-ids": ids,
        **({} if ok else {"output": (text + outputs)[-800:]}),
    }), flush=True)


def submit(command):
    """sbatch from a fresh run directory of alice's, and its end."""
    run = box()
    return f"cd {run}; {command}"


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
            text = options.format(approved if column == "approved" else own)
            command = f"sbatch -o o.%j {text}"
            cell(row, column, expected, submit(command) if column == "approved" else command)


def steps():
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
        ("salloc srun", f"salloc --quiet srun {run}", None),
        ("salloc, interactive step", "salloc --quiet", f"bash {run}; exit\n"),
    ]:
        cell(row, "outside", RAN if "--container" not in command else ["ran", "did not run"],
             command, typed=typed)
        cell(row, "refused", REFUSED["step"], command, typed=typed)


def requeues():
    """A running job requeued by its owner, and by the failure of its node."""
    def held(column, event):
        run = box("echo ran > mark; sleep 2\n") if column == "approved" else None
        script = "job.sh" if run else "slow.sh"
        slow = HOME / "slow.sh"
        slow.write_text(f"#!/bin/sh\necho ran >> {MARK}\nsleep 2\n")
        code, text = alice(f"cd {run or HOME}; sbatch --parsable --requeue -w n1 -o o.%j {script}",
                           PARTITION[column])
        job = text.split()[0]
        for _ in range(200):
            state = root(f"squeue --noheader --states=all --jobs={job} --format=%T").strip()
            if state not in ("PENDING", "CONFIGURING"):
                break
            time.sleep(0.05)
        # Running is what has begun to run; a refused job never does.
        for _ in range(100):
            if column == "refused" or MARK.exists() or any(SEALED.glob(f"{job}.*/run/mark")):
                break
            time.sleep(0.05)
        root(event.format(job))
        time.sleep(0.3)
        # Slurm lets a requeued job wait for minutes, since its old step must have ended by then.
        root("for i in $(seq 200); do pgrep -x slurmstepd >/dev/null || break; sleep 0.1; done")
        for _ in range(300):
            state = root(f"squeue --noheader --states=all --jobs={job} --format=%T").strip()
            if state == "PENDING":
                root(f"scontrol update jobid={job} starttime=now")
            elif state != "COMPLETING":
                break
            time.sleep(0.1)
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


def elsewhere():
    """What happens around somebody's running job."""
    def beside(tool):
        run = box("echo ran > mark; touch started; sleep 4\n")
        alice(f"cd {run}; sbatch --parsable -o o.%j job.sh > id", "main")
        job = (run / "id").read_text().strip()
        for _ in range(200):
            if any(SEALED.glob(f"{job}.0/run/started")):
                break
            time.sleep(0.05)
        result = alice(tool.format(job), "main")
        root(f"scancel {job}")
        return result

    cell("srun --jobid --overlap, from outside", "refused", REFUSED["step"],
         lambda: beside(f"srun --jobid={{}} --overlap {HOME}/program"), ran=MARK.exists)
    cell("sattach to a sealed job", "refused", ["did not run"],
         lambda: beside("timeout 5 sattach {}.batch"), ran=MARK.exists)

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
    steps()
    requeues()
    elsewhere()
    after_another()
    # Debian 12 has no scrontab.
    if has_cron:
        cron_ended()


if __name__ == "__main__":
    sys.exit(main())
