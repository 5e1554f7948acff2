"""Print an SVG histogram of the qualities in a table of variants."""

import csv
import sys

BIN = 20
WIDTH, HEIGHT, MARGIN = 480, 240, 40


def histogram(path):
    """Count variants per quality bin; the list ends with the highest bin in use."""
    counts = [0]
    with open(path, encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            index = int(float(row["quality"]) // BIN)
            counts.extend([0] * (index + 1 - len(counts)))
            counts[index] += 1
    return counts


def svg(counts):
    """Draw the bars with a label under each and the count above it."""
    step = (WIDTH - 2 * MARGIN) / len(counts)
    scale = (HEIGHT - 2 * MARGIN) / max(max(counts), 1)
    base = HEIGHT - MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="10">'
    yield f'<text x="{WIDTH / 2:g}" y="20" text-anchor="middle" font-size="13">Variants by quality</text>'
    for index, count in enumerate(counts):
        x, height = MARGIN + index * step, count * scale
        middle = x + step / 2
        yield f'<rect x="{x + 2:.1f}" y="{base - height:.1f}" width="{step - 4:.1f}" height="{height:.1f}" fill="#2b6c8f"/>'
        yield f'<text x="{middle:.1f}" y="{base - height - 4:.1f}" text-anchor="middle">{count}</text>'
        yield f'<text x="{middle:.1f}" y="{base + 14}" text-anchor="middle">{index * BIN}</text>'
    yield f'<line x1="{MARGIN}" y1="{base}" x2="{WIDTH - MARGIN}" y2="{base}" stroke="#444"/>'
    yield "</svg>"


if __name__ == "__main__":
    print("\n".join(svg(histogram(sys.argv[1]))))
