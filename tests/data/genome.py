"""Print a random genome of N bases as FASTA, always the same."""

import random
import sys
import textwrap

generator = random.Random(20)
bases = "".join(generator.choices("ACGT", k=int(sys.argv[1])))
print(">chr1")
print("\n".join(textwrap.wrap(bases, 60)))
