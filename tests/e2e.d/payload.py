"""Prints what an attestation says."""

import base64
import json
import sys

print(base64.b64decode(json.load(sys.stdin)["payload"]).decode())
