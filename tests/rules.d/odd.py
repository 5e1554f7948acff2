"""Small tables, many of them odd, always the same."""

import random

CELLS = ["", "a", "12", "-1.5", "1e5", "n = 3", " a", "a ", " ", "NA", "'a'", "it's", "a\\", "\\n", "#1",
         "a#b", "50 %", "ä", "“a”", "\u00a0", "2026-01-15", "TRUE", "0012", "a/b", "a:b", "$1", "`a`",
         "[1]", "{a}", "~"]
QUOTED = ["", "a", "a,b", "a;b", "a\tb", 'a""b', '""', '""""', "a\nb", "a\r\nb", "\n", "a\\", "\\",
          'a\\""b', " ", "'", ",", "#", "12", "a,\nb"]
SLIPS = ['"', "'", "\\", "#", ",", "\t", ";", " ", "\n", "\r\n", "\ufeff", '""', '\\"', "\u2028", "\x0c"]


def table(dice, separator):
    columns, ends = dice.randint(1, 4), dice.choice(["\n", "\n", "\r\n"])

    def cell():
        if dice.random() < 0.3:
            return f'"{dice.choice(QUOTED)}"'
        return dice.choice(CELLS)

    names = ["group", "n", "mean", "sd"][:columns]
    rows = [[f'"{name}"' if dice.random() < 0.2 else name for name in names]]
    rows += [[cell() for _ in names] for _ in range(dice.randint(0, 5))]
    text = ends.join(separator.join(row) for row in rows) + dice.choice([ends, ends, "", ends + ends])
    for _ in range(dice.choice([0, 0, 0, 1, 1, 2])):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(SLIPS) + text[at:]
    return dice.choice(["", "", "", "\ufeff"]) + text


def tables():
    """Name, kind and content of each."""
    dice = random.Random(16)
    for number in range(300):
        kind, separator = ("csv", ",") if number % 3 else ("tsv", "\t")
        yield f"odd {number}", kind, table(dice, separator).encode()
