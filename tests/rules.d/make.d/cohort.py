"""cohort.py DIRECTORY: a made-up cohort of 400 rows, the same each time, as cohort.csv."""

import csv
import random
import sys
from pathlib import Path

dice = random.Random(16)
with open(Path(sys.argv[1]) / "cohort.csv", "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["id", "sex", "age", "group", "site", "bmi", "stay", "cost"])
    for number in range(1, 401):
        age = dice.randint(18, 90)
        group = "case" if dice.random() < 0.3 else "control"
        site = dice.choices(["North", "South", "East", "West"], [40, 30, 25, 5])[0]
        bmi = round(dice.gauss(26.5 if group == "case" else 25, 4), 1)
        stay = min(60, int(dice.expovariate(1 / 6)) + 1)
        cost = round(stay * dice.uniform(300, 900) * (20 if dice.random() < 0.01 else 1), 2)
        table.writerow([f"S{number:04}", dice.choice("fm"), age, group, site, bmi, stay, cost])
