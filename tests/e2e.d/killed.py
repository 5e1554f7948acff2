"""On a node: sluice-admit is killed at many moments of an admission of this bundle's."""

import subprocess
import sys
import time

sys.path.insert(0, "/usr/share/sluice-lab/lab.d")
import decider

BUNDLE = sys.argv[1]
TURNS = 60

start = time.perf_counter()
done = subprocess.run([decider.PROGRAM], input=decider.question(80000, BUNDLE), stdout=subprocess.PIPE, check=True)
whole = time.perf_counter() - start
assert b'"admit"' in done.stdout, done.stdout
for turn in range(1, TURNS):
    admit = subprocess.Popen([decider.PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    admit.stdin.write(decider.question(80000 + turn, BUNDLE))
    admit.stdin.close()
    time.sleep(whole * turn / TURNS)
    admit.kill()
    admit.wait()
