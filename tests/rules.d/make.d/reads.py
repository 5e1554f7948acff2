"""reads.py: a made-up genome as FASTA on standard error, reads of it with a few variants as FASTQ on
standard output, always the same."""

import random
import sys

dice = random.Random(16)
genome = "".join(dice.choices("ACGT", k=1000))
print(f">chr1\n{genome}", file=sys.stderr)
sample = list(genome)
for place in (210, 455, 700):
    sample[place] = "ACGT"["ACGT".index(sample[place]) - 1]
for number in range(200):
    start = dice.randrange(900)
    read = "".join(sample[start:start + 100])
    print(f"@read{number}\n{read}\n+\n{'I' * 100}")
