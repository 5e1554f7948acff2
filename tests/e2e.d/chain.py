"""Fails unless an audit log is a chain; none of Sluice's own code looks at it."""

import hashlib
import json
import sys

previous = "0" * 64
for line in open(sys.argv[1], "rb"):
    entry = json.loads(line)
    body = line[: line.rindex(b',"hash":')]
    assert entry["prev"] == previous, entry["seq"]
    hashes = [hashlib.sha256(body + end).hexdigest() for end in (b"", b"}")]
    assert entry["hash"] in hashes, entry["seq"]
    previous = entry["hash"]
