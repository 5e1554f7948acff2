"""What chance alone would make of a benchmark's figures."""

import random
import statistics


def interval(values, rounds=2000):
    """The median, and the 95 % of medians that drawing again gives."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(rounds))
    return statistics.median(values), medians[rounds // 40], medians[-rounds // 40]
