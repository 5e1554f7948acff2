"""Finds the attempts and runs their functions, each in a process of its own."""

import importlib.util
import os
import signal
import sys
import time
import traceback
from pathlib import Path

PLACE = Path(__file__).resolve().parent
GROUPS = ("file", "process", "network", "slurm")

sys.path.insert(0, str(PLACE))
sys.dont_write_bytecode = True

from lib import libc  # noqa: E402

SET_DUMPABLE = 4


def find(names=None):
    """Every attempt, or those named, by GROUP/NAME."""
    found = {}
    for group in GROUPS:
        for path in sorted((PLACE.parent / group).glob("*.py")):
            name = f"{group}/{path.stem}"
            if names is None or name in names:
                spec = importlib.util.spec_from_file_location(name, path)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                found[name] = module
    return found


def tag(column, name):
    """The end of every token of an attempt: without a slash, since it may become a file's name."""
    return f"-{column}-{name.replace('/', '.')}."


def start(function, it, output, user=None, stay=False):
    """Runs a function in a new process; its output goes to a file, what it dies of to stderr's."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        null = os.open("/dev/null", os.O_RDWR)
        os.umask(0o022)
        out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.chdir("/tmp")
            # As any process of a user's is.
            libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)
        for number, source in ((0, null), (1, out), (2, out)):
            os.dup2(source, number)
        function(it)
        sys.stdout.flush()
        # Its process is what the one outside looks at.
        while stay:
            time.sleep(60)
    except BaseException:
        # The last line alone: the rest could show what it was about to carry.
        print("stopped:", traceback.format_exc().strip().splitlines()[-1][:300].replace(
            "canary-", "c-"), flush=True)
    finally:
        os._exit(0)


def wait(pids, seconds):
    """Waits for processes and kills those that take longer."""
    end, left = time.monotonic() + seconds, set(pids)
    while left and time.monotonic() < end:
        left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
        time.sleep(0.02)
    for pid in left:
        stop(pid)


def stop(pid):
    """Ends a process and those that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass
