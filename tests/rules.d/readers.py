"""What the rules pass as csv or tsv is one and the same table to Python's csv, R and LibreOffice."""

import csv
import io
import json
import shutil
import subprocess
import tempfile
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path

from judge import FOLDER, Judge, Sample, contents
from odd import tables

# Each file of a folder as text, cell by cell.
R = """
read <- function(file) {
    sep <- if (endsWith(file, ".tsv")) "\\t" else ","
    tryCatch({
        table <- suppressWarnings(read.table(file, header = FALSE, sep = sep, quote = "\\"", dec = ".", fill = FALSE,
                            comment.char = "", colClasses = "character", na.strings = character(),
                            blank.lines.skip = TRUE, fileEncoding = "UTF-8-BOM"))
        row <- function(at) as.list(unname(unlist(table[at, ])))
        unname(lapply(seq_len(nrow(table)), row))
    }, error = function(error) conditionMessage(error))
}
files <- list.files(commandArgs(trailingOnly = TRUE)[1], full.names = TRUE)
cat(jsonlite::toJSON(setNames(lapply(files, read), basename(files)), auto_unbox = TRUE))
"""


def trimmed(rows):
    """Without what says nothing: empty cells at the end of rows and empty rows, which R passes over; how
    lines end inside cells is the reader's, and tabs beside such a line end are lost on LibreOffice."""
    found = []
    for row in rows:
        cells = [cell.replace("\r\n", "\n") for cell in row]
        cells = [cell.replace("\t", "") if "\n" in cell else cell for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found.append(cells)
    return found


def python(folder):
    found = {}
    for file in sorted(folder.iterdir()):
        text = file.read_bytes().decode("utf-8-sig")
        separator = "\t" if file.suffix == ".tsv" else ","
        try:
            lines = io.StringIO(text, newline="")
            found[file.name] = list(csv.reader(lines, delimiter=separator, strict=True))
        except csv.Error as error:
            found[file.name] = str(error)
    return found


def r(folder):
    done = subprocess.run(["Rscript", "--vanilla", "-e", R, str(folder)], stdout=subprocess.PIPE,
                          check=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return json.loads(done.stdout)


def times(element, attribute):
    return next((int(it) for key, it in element.attrib.items() if key.endswith(attribute)), 1)


def text(paragraph):
    """A paragraph's text; blanks and tabs are elements."""
    whole = paragraph.text or ""
    for part in paragraph:
        name = part.tag.rpartition("}")[2]
        whole += {"s": " " * times(part, "}c"), "tab": "\t", "line-break": "\n"}.get(name) or text(part)
        whole += part.tail or ""
    return whole


def sheet(document):
    """The cells of a flat OpenDocument spreadsheet."""
    rows = []
    for row in document.iter():
        if not row.tag.endswith("}table-row"):
            continue
        cells = []
        for cell in row:
            lines = [text(part) for part in cell if part.tag.endswith("}p")]
            cells += ["\n".join(lines)] * min(times(cell, "columns-repeated"), 50)
        rows += [cells] * min(times(row, "rows-repeated"), 50)
    return rows


def libreoffice(folder):
    found = {}
    with tempfile.TemporaryDirectory() as out:
        for suffix, separator in [(".csv", 44), (".tsv", 9)]:
            files = sorted(file for file in folder.iterdir() if file.suffix == suffix)
            as_text = "/".join(f"{column}/2" for column in range(1, 60))
            for batch in [files[at:at + 40] for at in range(0, len(files), 40)]:
                subprocess.run(
                    ["timeout", "60", "soffice", f"-env:UserInstallation=file://{out}/profile", "--headless",
                     f"--infilter=Text - txt - csv (StarCalc):{separator},34,76,1,{as_text},0,false",
                     "--convert-to", "fods", "--outdir", out, *batch],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for file in files:
                made = Path(out) / f"{file.stem}.fods"
                found[file.name] = sheet(xml.parse(made).getroot()) if made.exists() else "no sheet"
                made.unlink(missing_ok=True)
    return found


MOST = 1 << 16  # R takes minutes for a table of a million columns.
READERS = {"Python": python, "R": r, "LibreOffice": libreoffice}
NEEDS = {"R": "Rscript", "LibreOffice": "soffice"}


def judged(real, hostile):
    """Every table as judged: the samples, and odd ones. Rules with comments or row names say themselves
    that the table isn't the same to all readers."""
    for name in real + hostile:
        stated = tomllib.loads((FOLDER / f"{name}.toml").read_text())
        judge, rules = Judge(name, stated["rules"]), stated["rules"]
        for first, rule, *rest in stated["samples"]:
            told = {"comments", "row-names", "gzip"} & rules[rule].keys()
            if rules[rule]["kind"] not in ("csv", "tsv") or told:
                continue
            files = [(FOLDER / "real" / first).read_bytes()] if name in real else map(contents, rest[1:3])
            for content in files:
                judge.add(Sample(name, first, rules[rule]["kind"], rule, "pass", ""), content)
        judge.run()
        yield from judge.samples
    judge = Judge("odd", {kind: {"kind": kind, "extra-columns": True} for kind in ("csv", "tsv")})
    for name, kind, content in tables():
        judge.add(Sample("odd", name, kind, kind, "pass", ""), content)
    judge.run()
    yield from judge.samples


def main(real, hostile):
    here = [name for name in READERS if shutil.which(NEEDS.get(name, "python3"))]
    readers = {name: READERS[name] for name in here}
    missing = READERS.keys() - readers.keys()
    same = different = held = 0
    with tempfile.TemporaryDirectory() as folder:
        folder, files = Path(folder), {}
        for sample, content in judged(real, hostile):
            if sample.verdict != "pass" or len(content) > MOST:
                held += 1
                continue
            file = folder / f"{len(files):04}.{sample.made}"
            file.write_bytes(content)
            files[file.name] = (sample, content)
        found = {name: read(folder) for name, read in readers.items()}
        for name, (sample, content) in files.items():
            read = {reader: tables[name] for reader, tables in found.items()}
            read = {reader: it if isinstance(it, str) else trimmed(it) for reader, it in read.items()}
            if all(it == read["Python"] and not isinstance(it, str) for it in read.values()):
                same += 1
                continue
            different += 1
            print(f"DIFFERENT {sample.table}: {sample.file}: {content[:200]!r}")
            for reader, it in read.items():
                print(f"    {reader}: {it}")
    print(f"{same + different} tables pass and were read, {held} are held and were not")
    for name in sorted(missing):
        print(f"left out: {name}, as there is no {NEEDS[name]}")
    print(f"{same} passed, {different} failed, {len(missing)} left out")
    return different > 0
