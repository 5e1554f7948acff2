"""Print the variants of a VCF file as CSV."""

import argparse
import csv
import re
import sys


def variants(path, min_quality):
    """Yield (chromosome, position, reference, alternative, quality, depth)."""
    with open(path, encoding="utf-8") as vcf:
        for line in vcf:
            if line.startswith("#"):
                continue
            chromosome, position, _, ref, alt, quality, _, info = line.split("\t")[:8]
            if float(quality) >= min_quality:
                depth = re.search(r"(?:^|;)DP=(\d+)", info)
                yield chromosome, position, ref, alt, quality, depth.group(1) if depth else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vcf")
    parser.add_argument("--min-quality", type=float, default=0.0)
    args = parser.parse_args()
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["chromosome", "position", "reference", "alternative", "quality", "depth"])
    table.writerows(variants(args.vcf, args.min_quality))


if __name__ == "__main__":
    main()
