"""Writes the demonstration data sets: `python -m tools.demo_data [FOLDER]`."""

import argparse
import csv
from pathlib import Path
from typing import Any

from tools.demo_data import DEMOS, Demo

FOLDER = Path(__file__).parents[2] / "benchmark" / "data" / "demo"


def write(demo: Demo[Any, Any], folder: Path) -> None:
    """One csv (classification) or conll file (tagging) per split, and `unlabeled.txt`, one text a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in demo.splits.items():
        if isinstance(rows[0][0], str):
            write_csv(folder / f"{split}.csv", rows)
        else:
            write_conll(folder / f"{split}.conll", rows)
    texts = (text if isinstance(text, str) else " ".join(text) for text in demo.unlabeled)
    (folder / "unlabeled.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", newline="\n")


def write_csv(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])


def write_conll(path: Path, rows: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    sentences = ("".join(f"{word}\t{tag}\n" for word, tag in zip(*row, strict=True)) for row in rows)
    path.write_text("\n".join(sentences), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, metavar="FOLDER")
    folder = parser.parse_args().folder
    for name, make in DEMOS.items():
        write(make(), folder / name)
