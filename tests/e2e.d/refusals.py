"""Of `sluice audit report --json`: how often a code was given."""

import json
import sys

reasons = json.load(sys.stdin)["reasons"]
print(sum(row["count"] for row in reasons if row["code"] == sys.argv[1]))
