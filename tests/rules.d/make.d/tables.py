"""tables.py COHORT OUT: tables and data as Python's libraries write them."""

import csv
import gzip
import json
import sys
from pathlib import Path

import numpy
import pandas
import polars
import yaml

cohort = pandas.read_csv(sys.argv[1])
out = Path(sys.argv[2])
ages = ["18-39", "40-59", "60-79", "80+"]
cohort["age group"] = pandas.cut(cohort.age, [17, 39, 59, 79, 99], labels=ages)
counts = cohort.groupby(["sex", "age group"], observed=True).agg(
    n=("id", "size"), mean_bmi=("bmi", "mean"), sd_bmi=("bmi", "std")).round(2).reset_index()


def at(program, name):
    (out / program).mkdir(exist_ok=True)
    return out / program / name


def write(program, name, text, **more):
    at(program, name).write_text(text, newline="", **more)


def p(name):
    return at("pandas", name)


counts.to_csv(p("index-false.csv"), index=False)
counts.to_csv(p("index.csv"))
counts.set_index("age group").to_csv(p("index-named.csv"))
cohort.describe().round(3).to_csv(p("describe.csv"))
pandas.crosstab(cohort.site, cohort.group).to_csv(p("crosstab.csv"))
cohort.pivot_table("bmi", "site", ["sex", "group"], aggfunc="mean").round(2).to_csv(p("two-headers.csv"))
counts.to_csv(p("semicolon.csv"), index=False, sep=";", decimal=",")
counts.to_csv(p("tab.tsv"), index=False, sep="\t")
counts.to_csv(p("tab-named.csv"), index=False, sep="\t")
counts.to_csv(p("utf-8-sig.csv"), index=False, encoding="utf-8-sig")
counts.to_csv(p("utf-16.csv"), index=False, encoding="utf-16")
umlaut = counts.replace({"sex": {"f": "weiblich", "m": "männlich"}})
umlaut.to_csv(p("utf-8.csv"), index=False)
umlaut.to_csv(p("latin-1.csv"), index=False, encoding="latin-1")
counts.to_csv(p("crlf.csv"), index=False, lineterminator="\r\n")
counts.to_csv(p("quote-all.csv"), index=False, quoting=csv.QUOTE_ALL)
counts.to_csv(p("quote-nonnumeric.csv"), index=False, quoting=csv.QUOTE_NONNUMERIC)
labels = pandas.DataFrame({"label": ["BMI, kg/m2", "Stay, days"], "median": [25.1, 5.0]})
labels.to_csv(p("quote-minimal.csv"), index=False)
labels.to_csv(p("quote-none-escape.csv"), index=False, quoting=csv.QUOTE_NONE, escapechar="\\")
inches = pandas.DataFrame({"size": ['17" screen', '19" screen'], "n": [12, 31]})
inches.to_csv(p("quote-doubled.csv"), index=False)
inches.to_csv(p("quote-backslash.csv"), index=False, doublequote=False, escapechar="\\")
gaps = counts.assign(sd_bmi=counts.sd_bmi.where(counts.n > 20))
gaps.to_csv(p("gaps.csv"), index=False)
gaps.to_csv(p("gaps-named.csv"), index=False, na_rep="NA")
tests = pandas.DataFrame({"term": ["age", "sex", "site"], "estimate": [-0.0213, 1.5e-05, 3.25],
                          "p": [1e-300, 0.05, float("inf")]})
tests.to_csv(p("numbers.csv"), index=False)
answers = ["pain\nfever", "two days\nor three\n"]
notes = pandas.DataFrame({"question": ["Why?", "How long?"], "answer": answers})
notes.to_csv(p("line-ends.csv"), index=False)
sums = pandas.DataFrame({"check": ["total", "rest"], "value": ["=SUM(B1:B9)", "@x"]})
sums.to_csv(p("formulas.csv"), index=False)
counts.head(0).to_csv(p("no-rows.csv"), index=False)
counts.to_csv(p("no-header.csv"), index=False, header=False)
matrix = numpy.corrcoef(cohort[["age", "bmi", "stay"]].T).round(3)
pandas.DataFrame(matrix).to_csv(p("matrix.csv"), index=False)
counts.to_csv(p("counts.csv.gz"), index=False)
for orient in ["records", "split", "index", "columns", "values", "table"]:
    counts.to_json(p(f"{orient}.json"), orient=orient)
counts.to_json(p("lines.json"), orient="records", lines=True)
gaps.to_json(p("nulls.json"), orient="records", indent=2)
write("pandas", "string.txt", counts.to_string(index=False) + "\n")
write("pandas", "table.html", counts.to_html(index=False))
write("pandas", "table.tex", counts.to_latex(index=False))
write("pandas", "table.md", counts.to_markdown(index=False) + "\n")
cohort.groupby("site")[["bmi"]].mean().to_excel(p("means.xlsx"))
counts.to_pickle(p("counts.pkl"))

rows = counts.to_dict("records")
for name, dialect in [("excel.csv", "excel"), ("excel-tab.tsv", "excel-tab"), ("unix.csv", "unix")]:
    with open(at("python", name), "w", newline="") as file:
        table = csv.DictWriter(file, rows[0], dialect=dialect)
        table.writeheader()
        table.writerows(rows)
model = {"model": "bmi ~ age", "n": 400, "r2": 0.0312, "aic": float("nan"), "label": "Größe (m²)"}
write("python", "nan.json", json.dumps(model))
model["aic"] = None
write("python", "ascii.json", json.dumps(model))
write("python", "unicode.json", json.dumps(model, ensure_ascii=False))
write("python", "indent.json", json.dumps({"models": [model] * 3}, indent=2, sort_keys=True) + "\n")
write("python", "lines.jsonl", "".join(json.dumps(row, default=str) + "\n" for row in rows))
with gzip.open(at("python", "counts.csv.gz"), "wt", newline="") as file:
    counts.to_csv(file, index=False)
write("PyYAML", "model.yaml", yaml.safe_dump({"models": [model] * 2}, allow_unicode=True))
write("PyYAML", "tuple.yaml", yaml.dump({"ages": (18, 90)}))
numbers, header = counts[["n", "mean_bmi"]], "n,mean_bmi"
numpy.savetxt(at("NumPy", "savetxt.csv"), numbers, delimiter=",")
numpy.savetxt(at("NumPy", "savetxt-header.csv"), numbers, "%g", ",", header=header)
numpy.savetxt(at("NumPy", "savetxt-named.csv"), numbers, "%g", ",", header=header, comments="")
numpy.save(at("NumPy", "means.npy"), counts.mean_bmi)
frame = polars.from_pandas(counts.astype({"age group": str}))
frame.write_csv(at("polars", "counts.csv"))
frame.write_csv(at("polars", "bom.csv"), include_bom=True)
frame.write_json(at("polars", "counts.json"))
frame.write_ndjson(at("polars", "lines.json"))
frame.write_parquet(at("polars", "counts.parquet"))
