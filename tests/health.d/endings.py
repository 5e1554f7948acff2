"""In a job: `endings.py KIND` starts what would keep its processes from ending, says `ready`, and
stays. None makes two processes that trace each other: those would live until a reboot."""

import ctypes
import os
import signal
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
TRACEME, CONT, ATTACH, SETOPTIONS, SEIZE, TRACEEXIT = 0, 7, 16, 0x4200, 0x4206, 0x40
SUBREAPER = 36


def away():
    """Turns into a process that is no child of the job's any more; the job's goes on alone."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    return True


def above():
    """The processes from this one up to the batch script, as far as they are visible."""
    pid = os.getppid()
    while True:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            return
        yield pid
        pid = parent


def trace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        print(os.strerror(ctypes.get_errno()), flush=True)
        return False
    return True


def ready():
    with open("ready", "w", encoding="utf-8"):
        pass


def seize():
    """Whoever traces a process stops it in its exit."""
    pids = list(above())
    if away():
        for pid in pids:
            trace(SEIZE, pid, TRACEEXIT)
        time.sleep(1000)


def attach():
    """The same by the older call."""
    pids = list(above())
    if away():
        for pid in pids:
            if trace(ATTACH, pid):
                os.waitpid(pid, 0x40000000)
                trace(SETOPTIONS, pid, TRACEEXIT)
                trace(CONT, pid)
        time.sleep(1000)


def trace_me():
    """Children that ask for it, each the tracer of the next."""
    if not away():
        return
    for _ in range(20):
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            trace(SETOPTIONS, pid, TRACEEXIT)
            trace(CONT, pid)
            break
        trace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(1000)


def vfork():
    """A parent sleeps in the kernel until its child executes something, which it never does."""
    for _ in range(20):
        if os.fork() == 0:
            # CLONE_VFORK without CLONE_VM: the child may do as it likes.
            libc.syscall(56, ctypes.c_long(0x4000 | signal.SIGCHLD), 0, 0, 0, 0)
            time.sleep(1000)


def freezer():
    """Every control group that can be frozen, or taken out of reach."""
    for top, _, files in os.walk("/sys/fs/cgroup"):
        for name, word in (("cgroup.freeze", "1"), ("freezer.state", "FROZEN")):
            if name in files:
                try:
                    with open(f"{top}/{name}", "w", encoding="utf-8") as file:
                        file.write(word)
                    print("froze", top, flush=True)
                except OSError as error:
                    print(error, flush=True)


def stop_storm():
    """Processes that stop each other without end, and all that they can reach."""
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            while not os.path.exists("ready"):
                time.sleep(0.1)
            while True:
                for number in (signal.SIGSTOP, signal.SIGCONT):
                    try:
                        os.kill(-1, number)
                    except OSError:
                        pass
    ready()


def subreaper():
    """Adopts all orphans and reaps none."""
    if os.fork():
        return
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    for _ in range(100):
        if os.fork() == 0:
            if os.fork():
                os._exit(0)
            time.sleep(1000)
    time.sleep(1000)


def exec_in_thread():
    """Threads that execute while others sleep in the kernel: each must end all others first."""
    for _ in range(10):
        if os.fork() == 0:
            for _ in range(5):
                asleep = lambda: libc.syscall(56, ctypes.c_long(0x4000 | signal.SIGCHLD), 0, 0, 0, 0)  # noqa: E731
                threading.Thread(target=asleep).start()
            threading.Thread(target=os.execv, args=("/usr/bin/sleep", ["sleep", "1000"])).start()
            time.sleep(1000)


KINDS = {function.__name__.replace("_", "-"): function for function in (
    seize, attach, trace_me, vfork, freezer, stop_storm, subreaper, exec_in_thread)}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(*KINDS)
        sys.exit()
    KINDS[sys.argv[1]]()
    time.sleep(1)
    ready()
    time.sleep(1000)
