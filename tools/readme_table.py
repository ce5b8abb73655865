"""The README's table, from the published leaderboards: `python -m tools.readme_table [--write]`."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
START, END = "<!-- leaderboard -->\n", "<!-- /leaderboard -->"
FOLDERS = {"exam": "EmoT, 440 texts", "sequence_labeling": "NERGrit, 209 sentences"}
"""Data set and size of its test split, of each folder in docs/results."""
TITLES = ("student", "method", "F1", "MiB", "ms", "speed-up")
MEASURED = ("latency_onnx_ms", "speed_up_latency_onnx_ms")
Row = dict[str, str]


def table() -> str:
    """Markdown: the teacher and each student's best setting, by data set."""
    lines = [f"| {' | '.join(TITLES)} |", "|---|---|---:|---:|---:|---:|"]
    for folder, title in FOLDERS.items():
        lines.append(f"| **{title}** |" + " |" * (len(TITLES) - 1))
        lines += [f"| {' | '.join(cells(row))} |" for row in best(published(folder))]
    return "\n".join(lines) + "\n"


def published(folder: str) -> list[Row]:
    """Rows of a published leaderboard whose student was measured: the teacher, then students by rank.

    Milliseconds do not depend on the setting: a row that is not measured yet takes those of its student's others.
    """
    with (ROOT / "docs" / "results" / folder / "leaderboard.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    measured = {row["student"]: {name: row[name] for name in MEASURED} for row in rows if row[MEASURED[0]]}
    found = [row for row in rows if row["student"] in measured]
    return [measured[row["student"]] | {name: value for name, value in row.items() if value} for row in found]


def best(rows: list[Row]) -> Iterator[Row]:
    """The first row of each student."""
    seen = set[str]()
    for row in rows:
        if row["student"] not in seen:
            seen.add(row["student"])
            yield row


def cells(row: Row) -> list[str]:
    """Texts of a row; F1 with its interval where the leaderboard has one."""
    low, high = row.get("test_f1_low"), row.get("test_f1_high")
    interval = f" ({float(low):.1f} to {float(high):.1f})" if low and high else ""
    return [
        row["student"],
        f"`{row['setting']}`",
        f"{float(row['f1']):.1f}{interval}",
        f"{float(row['size_onnx_mib']):#.3g}".rstrip("."),
        f"{float(row['latency_onnx_ms']):#.3g}",
        f"{float(row['speed_up_latency_onnx_ms']):.0f}x",
    ]


def written() -> str:
    """The table that the README holds."""
    return README.read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


def main() -> None:
    """Prints the table, or with --write puts it into the README."""
    if "--write" not in sys.argv:
        print(table(), end="")
        return
    head, _, rest = README.read_text(encoding="utf-8").partition(START)
    README.write_text(head + START + table() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
