"""The table of tests/escapes/visible, of the answers in a directory."""

import json
import pathlib
import sys

same, other = (json.loads(pathlib.Path(sys.argv[1], who).read_text()) for who in ("alice", "bob"))
print(f"{'call':32}{'the same user':44}another user")
for name in same:
    print(f"{name:32}{str(same[name]):44}{other[name]}")
