"""Has the user's message bus start a program, with words of the job's in its environment, as
systemd's user manager does for whoever reaches it there; Landlock lets a process connect."""

import os

from lib import run, write

STOPPED_BY = "namespaces"


def runtime():
    """The user's runtime directory, with the bus."""
    return f"/run/user/{os.getuid()}"


def listen(it):
    os.makedirs(f"{runtime()}/dbus-1/services")
    write(f"{runtime()}/dbus-1/services/lab.Escape.service",
          f"[D-BUS Service]\nName=lab.Escape\nExec=/bin/sh -c 'echo $ESCAPE > {it.place}'\n")
    os.execlpe("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile",
               f"--address=unix:path={runtime()}/bus",
               os.environ | {"XDG_RUNTIME_DIR": runtime()})


def inside(it):
    bus = os.environ | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime()}/bus"}
    run("dbus-update-activation-environment", f"ESCAPE={it.token}", env=bus)
    run("dbus-send", "--type=method_call", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus.StartServiceByName", "string:lab.Escape", "uint32:0", env=bus)
