"""greed.py take FILE: takes all that the kernel gives of what it counts by user, says how much that
was, a JSON object, and holds it until FILE is there. greed.py try: what can't be had now, one a line."""

import ctypes
import json
import os
import resource
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
# Enough to see that there is no bound, and not too much for the machine.
MOST, MOST_THREADS = 300_000, 8_000
# linux/fcntl.h, linux/shm.h, linux/ipc.h, linux/time.h, sys/epoll.h
F_GETPIPE_SZ, SHM_LOCK, IPC_PRIVATE, IPC_RMID, CLOCK_MONOTONIC, EPOLL_CTL_ADD = 1032, 11, 0, 0, 1, 1
DEFAULT_PIPE = 65536


def call(name, *words):
    """A call of libc's that answers -1 and errno."""
    answer = getattr(libc, name)(*words)
    if answer == -1:
        raise OSError(ctypes.get_errno(), name)
    return answer


class Taker:
    """What there is to take, each the n-th of its kind."""

    def __init__(self, place):
        self.place = place
        self.instances, self.polls, self.pipes = [], [], []
        self.end = threading.Event()

    def inotify_instances(self, _):
        self.instances.append(call("inotify_init"))

    def inotify_watches(self, n):
        # One for each file in each instance.
        instance, file = n % len(self.instances), f"{self.place}/{n // len(self.instances)}"
        if instance == 0:
            os.close(os.open(file, os.O_CREAT, 0o600))
        call("inotify_add_watch", self.instances[instance], file.encode(), 2)

    def timers(self, _):
        call("timer_create", CLOCK_MONOTONIC, None, ctypes.byref(ctypes.c_void_p()))

    def message_queues(self, n):
        # Landlock lets it be made, which counts, and not be opened.
        try:
            call("mq_open", f"/greed-{os.getpid()}-{n}".encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
        except PermissionError:
            pass

    def locked_segments(self, _):
        number = call("shmget", IPC_PRIVATE, 1 << 20, 0o600)
        libc.shmat(number, None, 0)
        call("shmctl", number, IPC_RMID, None)
        call("shmctl", number, SHM_LOCK, None)

    def whole_pipes(self, _):
        self.pipes.append(os.pipe())
        if call("fcntl", self.pipes[-1][0], F_GETPIPE_SZ) < DEFAULT_PIPE:
            raise OSError("a small one")

    def epoll_watches(self, n):
        poll, pipe = divmod(n, len(self.pipes))
        if pipe == 0:
            self.polls.append(call("epoll_create1", 0))
        event = ctypes.create_string_buffer(16)
        call("epoll_ctl", self.polls[poll], EPOLL_CTL_ADD, self.pipes[pipe][0], event)

    def processes(self, n):
        if n == MOST_THREADS:
            raise OSError("enough")
        threading.Thread(target=self.end.wait, daemon=True).start()


KINDS = [name for name in vars(Taker) if not name.startswith("_")]


def count(take, most):
    """How often something can be had."""
    for n in range(most):
        try:
            take(n)
        except (OSError, RuntimeError, ZeroDivisionError):
            return n
    return most


def main(what, end=None):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    threading.stack_size(1 << 16)
    place = f"/tmp/greed-{os.getpid()}"
    os.mkdir(place)
    taker = Taker(place)
    counts = {name: count(getattr(taker, name), 1 if what == "try" else MOST) for name in KINDS}
    if what == "try":
        sys.stdout.writelines(f"{name}\n" for name, got in counts.items() if got == 0)
        sys.stdout.flush()
    else:
        print(json.dumps(counts), flush=True)
        while not os.path.exists(end):
            time.sleep(0.1)
    os._exit(0)


main(*sys.argv[1:])
