"""The canary, from the processes that there were, one for each bit, and those that are left."""

import sys

every, left = (words.split() for words in sys.argv[1:])
print(f"canary-{sum((number in left) << bit for bit, number in enumerate(every)):032x}")
