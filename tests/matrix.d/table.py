"""Turn the cells of each version into target/report/matrix.json and the table in docs."""

import json
import re
import sys
from pathlib import Path

ALL = [line.split()[0] for line in Path("tests/slurm-versions").read_text().splitlines()
       if not line.startswith("#")]
COLUMNS = ("outside", "approved", "refused")
HEAD = """# Launch matrix

Every way to start something on a node, and what comes of it in `mode=enforce`: out of scope
(`[scope]` in sluice.toml leaves the job's partition out), approved (the very script that a signed
entry approves) and refused (a program of the user's own). Made by `make matrix`, which runs each
cell on a real Slurm and checks that no node leaves the idle state; versions are named where they
differ. A dash: there is no such case. What a job itself starts ("in a job") is approved where its
entry says `steps = "inside"`, and refused where it says `steps = "none"`.

| way | out of scope | approved | refused |
|---|---|---|---|
"""


def text(cell):
    """A cell as the table shows it, without what chance decides: how far a job had come when it was
    cancelled, or whether it was refused before its node failed."""
    jobs = re.sub(r"(CANCELLED) \d+:\d+", r"\1", cell["jobs"])
    requeued = cell["restarts"] and cell["outcome"].startswith("ran")
    restarts = f", {cell['restarts']} requeue" if requeued else ""
    return f"{cell['outcome']}; {jobs}{restarts}"


def column(cells, versions):
    """One cell of the table: what all versions agree on, or each by itself."""
    shown = {version: text(cells[version]) if version in cells else "—" for version in versions}
    if len(set(shown.values())) == 1:
        return next(iter(shown.values()))
    return "<br>".join(f"{version}: {text}" for version, text in shown.items())


def main(versions):
    rows, cells, report = [], {}, []
    for version in versions:
        for line in Path(f"target/matrix/{version}.jsonl").read_text().splitlines():
            cell = {"slurm": version, **json.loads(line)}
            report.append(cell)
            if cell["row"] not in rows:
                rows.append(cell["row"])
            cells.setdefault((cell["row"], cell["column"]), {})[version] = cell
    lines = [
        f"| {row} | "
        + " | ".join(column(cells.get((row, name), {}), versions) for name in COLUMNS)
        + " |\n"
        for row in rows
    ]
    failed = [cell for cell in report if not cell["ok"]]
    for cell in failed:
        print(f"FAIL {cell['slurm']} {cell['row']} ({cell['column']}): {cell['outcome']}; "
              f"{cell['jobs']}; nodes {cell['nodes']}; expected {cell['expected']}\n"
              f"     {cell.get('output', '')}")
    Path("target/report/matrix.json").write_text(json.dumps(report, indent=1) + "\n")
    if versions == ALL and not failed:
        Path("docs/reference/launch-matrix.md").write_text(HEAD + "".join(lines))
    print(f"{len(rows)} ways, Slurm {', '.join(versions)}")
    print(f"{len(report) - len(failed)} passed, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
