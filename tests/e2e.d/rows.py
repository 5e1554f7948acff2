"""Rows of a table, slowly."""

import time

print("a,b")
for row in range(20):
    print(f"{row},1", flush=True)
    time.sleep(0.3)
