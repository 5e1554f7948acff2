"""What of the kernel a job reaches: calls and sights that the sandbox takes away whatever they are
good for. Each is tried so that it does no harm; ENOSYS means that it does not exist for the job."""

import ctypes
import errno
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from lib import call, libc

NUMBERS = {
    "bpf": 321, "perf_event_open": 298, "add_key": 248, "request_key": 249, "keyctl": 250,
    "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "clone3": 435, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "fsopen": 430,
    "fspick": 433, "fsconfig": 431, "fsmount": 432, "open_tree": 428, "move_mount": 429,
    "mount_setattr": 442, "setns": 308, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "fanotify_init": 300, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "kexec_load": 246, "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163, "quotactl": 179,
    "syslog": 103, "open_tree_attr": 467, "fanotify_mark": 301, "kexec_file_load": 320,
    "quotactl_fd": 443, "ioperm": 173, "iopl": 172, "io_setup": 206,
}  # fmt: skip
NEWUSER, SIGCHLD = 0x10000000, 17
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
PTRACE, PTRACE_ATTACH, PTRACE_SEIZE = 101, 16, 0x4206
AF_VSOCK, AF_NETLINK, UEVENT, AF_TIPC = 40, 16, 15, 30
# Numbers that no kernel has given away yet, and the other kind of an x86_64's: x32's getpid.
UNKNOWN = {"gap": 400, "new": 500, "x32": 0x40000000 + 39}
SECCOMP, SET_FILTER, NEW_LISTENER, NO_NEW_PRIVS = 317, 1, 8, 38
PIDFD_GET_INFO, NS_GET_OWNER_UID = 0xC040FF0B, 0xB704


def refused(function, *wrong):
    """Whether it fails with one of these errors."""
    try:
        function()
    except OSError as error:
        return error.errno in wrong
    return False


def in_child(function):
    """Runs it where a success does no harm."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))


def clone():
    """A child in a user namespace of its own."""
    if call(56, NEWUSER | SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def ioctl(request):
    """A request to what is no terminal."""
    with open("/dev/null", "rb") as null:
        fcntl.ioctl(null, request, ctypes.create_string_buffer(8))


def trace(request):
    """A child that is traced for a moment."""
    pid = os.fork()
    if pid == 0:
        time.sleep(10)
        os._exit(0)
    try:
        call(PTRACE, request, pid, 0, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def unknown(number):
    """A call that may not exist: a filter of our own, which has a say in what the sandbox's leaves
    alone, tells whether it comes so far."""
    listen, allow = 0x7FC00000, 0x7FFF0000
    program = struct.pack("=" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, number, 6, 0, 0, listen,
                          6, 0, 0, allow)
    room = ctypes.create_string_buffer(program)
    header = struct.pack("@HP", 4, ctypes.addressof(room))
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    listener = call(SECCOMP, SET_FILTER, NEW_LISTENER, header)

    def wait():
        poll = select.poll()
        poll.register(listener)
        poll.poll()
        os._exit(0)

    threading.Thread(target=wait).start()
    # Comes back only if the call is refused before the filter's answer is waited for.
    try:
        call(number)
    except OSError as error:
        os._exit(error.errno)


def pidfd_info():
    """Of a process, whatever is to be known."""
    fcntl.ioctl(os.pidfd_open(os.getpid()), PIDFD_GET_INFO, bytearray(64))


def core_handler():
    """A crash whose memory a handler gets: at any limit but 1."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if resource.getrlimit(resource.RLIMIT_CORE) == (1, 1):
        raise OSError(errno.EPERM, "the limit stays")


def foreign_program():
    """A program that lies where the user puts it."""
    subprocess.run(["/srv/drop/program"], check=True)


def root_pays():
    """Whether what the job takes is charged to root, who owns its user namespace."""
    with open("/proc/self/ns/user", "rb") as namespace:
        return fcntl.ioctl(namespace, NS_GET_OWNER_UID, bytes(4)) == bytes(4)


def reached():
    """Names of what a job gets at."""
    found = [name for name, number in NUMBERS.items()
             if not refused(lambda number=number: call(number, 0, 0, 0, 0, 0, 0), errno.ENOSYS)]
    conditional = {
        "clone": lambda: in_child(clone),
        "unshare": lambda: in_child(lambda: call(272, NEWUSER)),
        "ptrace-attach": lambda: trace(PTRACE_ATTACH),
        "ptrace-seize": lambda: trace(PTRACE_SEIZE),
        "tiocsti": lambda: ioctl(TIOCSTI),
        "tioclinux": lambda: ioctl(TIOCLINUX),
        "pidfd-info": pidfd_info,
        "core-limit": lambda: in_child(core_handler),
        "socketpair": lambda: socket.socketpair(AF_TIPC, socket.SOCK_STREAM),
        "socket": lambda: socket.socket(AF_VSOCK, socket.SOCK_STREAM).close(),
        "netlink": lambda: socket.socket(AF_NETLINK, socket.SOCK_RAW, UEVENT).close(),
    }
    found += [name for name, attempt in conditional.items() if not refused(attempt, errno.EPERM)]
    found += [f"unknown-call-{name}" for name, number in UNKNOWN.items()
              if not refused(lambda number=number: in_child(lambda: unknown(number)), errno.ENOSYS)]
    sights = {
        "core-dumps": resource.getrlimit(resource.RLIMIT_CORE) != (1, 1),
        "owner": root_pays(),
        "hidepid": os.path.exists("/proc/1/status"),
        "foreign-file": not refused(lambda: open("/srv/drop/program", "rb").close(),
                                    errno.EACCES, errno.ENOENT),
        "foreign-program": not refused(foreign_program, errno.EACCES, errno.ENOENT),
    }
    return found + [name for name, seen in sights.items() if seen]
