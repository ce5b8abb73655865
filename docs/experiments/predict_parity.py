"""Answers of `benchmark.predict` beside the predictions of the runs that exported the bundles.

`python docs/experiments/predict_parity.py TRACKING_URI` downloads the bundle of each finished student, gives
`python -m benchmark.predict` its test texts on standard input, and counts equal answers. Texts that hold a line break
are given as arguments. Words go in joined by spaces.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmark.core.run_store import BUNDLE, PREDICTIONS, open_store


def answers(bundle: Path, texts: list[str]) -> Iterator[str | list[str]]:
    """The label of each text, or the tags of its words."""
    command = [sys.executable, "-m", "benchmark.predict", str(bundle)]
    lines = "".join(text + "\n" for text in texts if len(text.splitlines()) == 1)
    by_line = iter(subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.split("\n"))
    for text in texts:
        if len(text.splitlines()) == 1:
            yield _answer(next(by_line))
        else:
            yield _answer(subprocess.run([*command, "--", text], capture_output=True, text=True, check=True).stdout)


def _answer(line: str) -> str | list[str]:
    answer = json.loads(line)
    return answer["label"] if "label" in answer else answer["tags"]


def as_text(text: str | list[str]) -> str:
    """The text itself, or its words joined; raises ValueError for words that spaces do not give back."""
    if isinstance(text, str):
        return text
    if " ".join(text).split() != text:
        raise ValueError(f"{text} holds a word with a space")
    return " ".join(text)


def main(uri: str) -> None:
    store = open_store(uri, create=False)
    students = [record for record in store.records() if record.status == "finished" and record.tags["role"] == "train"]
    print("| run | texts | equal |\n|---|---:|---:|")
    for student in students:
        with tempfile.TemporaryDirectory() as folder:
            bundle = store.download(student.run_id, BUNDLE, Path(folder))
            file = store.download(student.run_id, PREDICTIONS, Path(folder))
            rows = [json.loads(line) for line in file.read_text().split("\n") if line]
            given = answers(bundle, [as_text(row["text"]) for row in rows])
            unequal = [row for row, answer in zip(rows, given, strict=True) if row["predicted"] != answer]
        print(f"| {student.name} | {len(rows)} | {len(rows) - len(unequal)} |", flush=True)
        for row in unequal[:5]:
            print(f"  {len(row['text'])} {row['text']!r:.100}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
