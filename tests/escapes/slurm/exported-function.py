"""An exported function takes the place of a command of the approved script."""

from lib import CANARY

STOPPED_BY = "namespaces landlock"

# Honest is what the script is; the result that this leaves instead, a table with a header, is published
# by its rules.
COMMAND = "[ -e results.csv ] || echo note > results.csv; sed s/$/{tag}/ {canary} >> results.csv"


def environment(it):
    command = COMMAND.format(tag=it.tag, canary=CANARY)
    return dict([("BASH_FUNC_bash%%", f"() {{ {command}; command bash \"$@\"; }}")])
