"""An entry in the user's crontab, which cron would run in nobody's sandbox and the user reads."""

from lib import run, write

STOPPED_BY = "namespaces landlock"


def inside(it):
    write("crontab", f"@reboot echo {it.token}\n")
    run("crontab", "crontab")


def after(it):
    print(run("crontab", "-l"))
