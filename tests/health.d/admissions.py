"""Ask this node's decider to admit a hundred jobs of one workflow at the same time, as as many
slurmstepds would. Prints how many were admitted, and how many different copies they run from."""

import json
import subprocess
import sys

sys.path.insert(0, "/usr/share/sluice-lab/lab.d")
import decider

BUNDLE, FIRST = sys.argv[1], 90001


def ask(job):
    """Start a decider for a job that runs the approved script."""
    question = decider.question(job, BUNDLE)
    child = subprocess.Popen([decider.PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(question)
    child.stdin.close()
    return child


answers = [json.loads(child.stdout.read()) for child in [ask(FIRST + i) for i in range(100)]]
admitted = [answer["admit"] for answer in answers if "admit" in answer]
print(len(admitted), len({json.dumps(admission["binds"][0]) for admission in admitted}))
for answer in answers:
    if "admit" not in answer:
        print(answer)
