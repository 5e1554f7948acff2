"""acro_tables.py COHORT OUT: has ACRO judge twenty tables. Each is written with a row for each of its
cells, as an author would for Sluice: the groups, how many persons, and for sums the two largest
contributions. verdicts.toml says what ACRO found in each cell, in the rows' order."""

import importlib.metadata
import io
import logging
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import pandas
from acro import ACRO

warnings.simplefilter("ignore")
cohort = pandas.read_csv(sys.argv[1])
out = Path(sys.argv[2])
cohort["decade"] = cohort.age // 10 * 10
cohort["band"] = pandas.cut(cohort.age, [17, 39, 59, 79, 99], labels=["18-39", "40-59", "60-79", "80+"])
cohort["band"] = cohort.band.astype(str)
# One bill in the South outweighs all others of a group; two in the East nearly do.
cohort["bill"] = cohort.cost
cohort.loc[cohort[(cohort.site == "South") & (cohort.sex == "f")].index[0], "bill"] = 9e6
cohort.loc[cohort[(cohort.site == "East") & (cohort.sex == "m")].index[:2], "bill"] = 1.5e6
TABLES = [
    ("sex", "group"), ("sex", "site"), ("sex", "band"), ("sex", "decade"), ("group", "site"),
    ("group", "band"), ("group", "decade"), ("site", "band"), ("site", "decade"), ("band", "decade"),
    ("sex", "group", "bill", "sum"), ("site", "group", "bill", "sum"), ("site", "sex", "bill", "sum"),
    ("site", "band", "bill", "sum"), ("band", "sex", "bill", "sum"), ("site", "sex", "bill", "mean"),
    ("site", "group", "bmi", "mean"), ("band", "sex", "bmi", "std"), ("decade", "sex", "stay", "mean"),
    ("site", "band", "stay", "mean"),
]


def judged(down, across, value=None, how=None):
    """What ACRO says of each cell: the checks that its summary calls failed. In its table of outcomes
    each cell of a standard deviation has MinimumDoFCheck, passed or not."""
    logging.disable()
    session = ACRO(suppress=False)
    with redirect_stdout(io.StringIO()):
        if value:
            session.crosstab(cohort[down], cohort[across], values=cohort[value], aggfunc=how)
        else:
            session.crosstab(cohort[down], cohort[across])
    (record,) = session.results.results.values()
    failed = {line.split(":")[0].strip() for line in record.summary.splitlines() if ": fail" in line}

    def checks(outcome):
        return "; ".join(check for check in outcome.strip("; ").split("; ") if check in failed) or "ok"

    return {(str(row), str(column)): checks(str(record.outcome.loc[row, column]))
            for row in record.outcome.index for column in record.outcome.columns}


def cells(down, across, value=None, how=None):
    """Groups and numbers of each cell; those of bills as ACRO counts them, largest first."""
    for row in sorted(cohort[down].unique()):
        for column in sorted(cohort[across].unique()):
            of = cohort[(cohort[down] == row) & (cohort[across] == column)]
            numbers = {"persons": len(of)}
            if value:
                largest = of[value].nlargest(2).tolist() + [0, 0]
                numbers |= {how: round(of[value].agg(how), 2) if len(of) else ""}
                numbers |= {"total": round(of[value].sum(), 2), "first": largest[0], "second": largest[1]}
            yield (str(row), str(column)), numbers


with open(out / "verdicts.toml", "w") as verdicts:
    print(f"# What ACRO says of each cell of the tables beside. Written by make-acro.\n"
          f'acro = "{importlib.metadata.version("acro")}"\n', file=verdicts)
    for number, table in enumerate(TABLES, 1):
        name = f"{number:02}-" + "-".join(table)
        found = judged(*table)
        rows = [(groups, numbers, found[groups]) for groups, numbers in cells(*table)]
        with open(out / f"{name}.csv", "w") as file:
            print(*table[:2], *rows[0][1], sep=",", file=file)
            for groups, numbers, _ in rows:
                print(*groups, *numbers.values(), sep=",", file=file)
        print(f"[{name}]", file=verdicts)
        for (row, column), _, verdict in rows:
            print(f'"{row}, {column}" = "{verdict}"', file=verdicts)
        print(file=verdicts)
