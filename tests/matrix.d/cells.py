"""One cell of the launch matrix inside a lab: a command is run, and what came of it is printed as
one JSON object."""

import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path

HOME = Path("/home/alice")
RUNS = Path("/srv/sluice/runs/alice")
WORKFLOWS = "/srv/sluice/workflows"
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


def until(seconds, condition):
    """Waits for a condition, as long as it may take."""
    for _ in range(seconds * 20):
        if condition():
            break
        time.sleep(0.05)


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


def box(script="echo ran > mark\n", workflow="worst-case"):
    """A new run directory of alice's whose attempt.sh leaves the mark, with the script job.sh, in
    which the workflow is approved.
    """
    box.count += 1
    run = RUNS / f"cell-{os.getpid()}-{box.count}"
    root(f"install -d -o alice -g alice {run}")
    (run / "attempt.sh").write_text(script)
    (run / "job.sh").write_text(f"#!/bin/bash\nbash {WORKFLOWS}/{workflow}/1.0.0/run.sh attempt.sh\n")
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


def marks():
    """All that was left where something ran: where anyone sees it, or sealed."""
    return [*MARK.parent.glob(MARK.name), *RUNS.glob("*/mark"), *SEALED.glob("*/run/mark")]


def unmark():
    """Takes away what earlier runs left."""
    for mark in marks():
        mark.unlink()


def cell(row, column, expected, command, *, typed=None, ran=None, nodes_as="idle"):
    """Run one cell and print what came of it."""
    unmark()
    first = last_job()
    code, text = command() if callable(command) else alice(command, PARTITION[column], typed)
    jobs = jobs_since(first)
    did_run = ran() if ran else any(marks())
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
    # A refusal never looks like success, and what is out of scope never fails.
    harmed = "COMPLETED" in states if said else column == "outside" and "FAILED" in states
    ok = outcome in expected and state == nodes_as and not harmed
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
