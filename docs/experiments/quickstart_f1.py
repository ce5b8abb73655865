"""Whether a quickstart gives the F1 that is written down: a results.csv against docs/results/quickstart/f1.csv.

    make run
    python docs/experiments/quickstart_f1.py results/classification/results.csv

Exits with 1, and says which rows differ, where one does by more than TOLERANCE or is missing. `--write` makes the
file from the results instead. F1 is the same to the last digit on one machine with one version of torch; another CPU
may round otherwise.
"""

import argparse
import csv
import sys
from collections.abc import Mapping
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "results" / "quickstart" / "f1.csv"
NAMES = ("dataset", "student", "setting", "seed")
SCORES = ("valid_f1", "test_f1")
TOLERANCE = 1e-9

Scores = Mapping[tuple[str, ...], tuple[float, ...]]


def read(path: Path) -> Scores:
    """F1 in 0..1 of the finished rows, smoke runs aside, by data set, student, setting and seed."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("status", "finished") == "finished"]
    counted = [row for row in rows if row.get("smoke", "false") == "false"]
    scores = {tuple(row[name] for name in NAMES): tuple(float(row[score]) for score in SCORES) for row in counted}
    if len(scores) < len(counted):
        raise SystemExit(f"{path} holds runs that differ in more than {', '.join(NAMES)}: not those of one quickstart.")
    return scores


def write(found: Scores) -> None:
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    with GOLDEN.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([(*NAMES, *SCORES), *((*k, *v) for k, v in found.items())])


def differences(found: Scores, expected: Scores) -> list[str]:
    lines = [f"{'.'.join(name)}: not in the results" for name in expected if name not in found]
    lines += [f"{'.'.join(name)}: not in {GOLDEN.name}" for name in found if name not in expected]
    for name in expected.keys() & found.keys():
        if any(abs(a - b) > TOLERANCE for a, b in zip(found[name], expected[name], strict=True)):
            lines.append(f"{'.'.join(name)}: {found[name]}, expected {expected[name]}")
    return sorted(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="results.csv of a quickstart")
    parser.add_argument("--write", action="store_true", help=f"write {GOLDEN.name} instead")
    args = parser.parse_args()
    found = read(args.results)
    if args.write:
        write(found)
        return 0
    lines = differences(found, read(GOLDEN))
    print("\n".join(lines) or f"All {len(found)} rows have the F1 that is written down.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
