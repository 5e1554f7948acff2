"""What `sluice output check` says of many files, and what was wanted."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SLUICE = FOLDER.parent.parent / "target/debug/sluice"
# Kinds that no rule lets pass with nobody looking.
ALWAYS_REVIEWED = ("other", "pdf")


@dataclass
class Sample:
    table: str
    file: str
    made: str
    rule: str
    wanted: str
    why: str
    says: str = ""
    verdict: str = ""
    message: str = ""

    def as_wanted(self):
        known = self.verdict == self.wanted or self.wanted == "held" and self.verdict != "pass"
        return known and self.says.lower() in self.message.lower()

    def report(self):
        return vars(self) | {"as-wanted": self.as_wanted()}


def contents(stated):
    """A text, parts of which a number repeats the one before it, or a file of hostile/."""
    if isinstance(stated, dict):
        return (FOLDER / "hostile" / stated["file"]).read_bytes()
    if isinstance(stated, str):
        return stated.encode()
    whole, last = [], ""
    for part in stated:
        if isinstance(part, int):
            whole.append(last * (part - 1))
        else:
            whole.append(part)
            last = part
    return "".join(whole).encode()


def value(it):
    """A rule's value as TOML."""
    if isinstance(it, dict):
        return "{ " + ", ".join(f"{key} = {value(more)}" for key, more in it.items()) + " }"
    return json.dumps(it, ensure_ascii=False)


class Judge:
    """Collects samples, then has them judged, those of one rule at once."""

    def __init__(self, name, rules):
        self.name, self.rules, self.samples = name, rules, []

    def add(self, sample, content):
        self.samples.append((sample, content))
        return sample

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in dict.fromkeys(sample.rule for sample, _ in self.samples):
                self.judge(Path(folder), name)

    def judge(self, folder, name):
        rule = {"glob": "**", "max-bytes": 1 << 20} | self.rules[name]
        if rule["kind"] not in ALWAYS_REVIEWED:
            rule = {"review": False} | rule
        stated = folder / "rule.toml"
        keys = "".join(f"{key} = {value(it)}\n" for key, it in rule.items())
        stated.write_text(f"format = 2\n[[output]]\n{keys}")
        samples = []
        for sample, content in self.samples:
            if sample.rule == name:
                file = folder / f"{len(samples)}"
                file.write_bytes(content)
                samples.append((sample, file))
        # Tables of counts that are judged together are compared with each other.
        files = [file for _, file in samples]
        at_once = [[file] for file in files] if "counts" in rule else [files]
        found = [it for some in at_once for it in self.check(stated, folder, some)]
        for (sample, _), it in zip(samples, found, strict=True):
            sample.verdict = {"passed": "pass", "review": "review-required"}.get(it["verdict"], it["code"])
            sample.message = "; ".join(filter(None, [it["message"], it["remedy"]]))

    @staticmethod
    def check(rule, folder, files):
        done = subprocess.run([SLUICE, "output", "check", "--rule", rule, "--run-dir", folder, "--json",
                               *files], stdout=subprocess.PIPE)
        return json.loads(done.stdout) if done.returncode in (0, 1) else []
