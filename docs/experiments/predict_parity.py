"""Answers of `benchmark.predict` beside the predictions of the runs that exported the bundles.

`python docs/experiments/predict_parity.py TRACKING_URI` downloads the bundle of each finished student, gives
`python -m benchmark.predict` its test texts on standard input, and counts equal answers. Words go in joined by spaces.
What a line cannot hold (line breaks, words with a space) goes to `Bundle.predict`, as a text or a list of words.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmark.bundle import Bundle
from benchmark.core.run_store import BUNDLE, PREDICTIONS, open_store

Text = str | list[str]


def answers(bundle: Path, texts: list[Text]) -> list[Text]:
    """The label of each text, or the tags of its words."""
    command = [sys.executable, "-m", "benchmark.predict", str(bundle)]
    lines = [as_line(text) for text in texts]
    given = "".join(line + "\n" for line in lines if line)
    printed = subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout.split("\n")
    of_lines, loaded = iter([json.loads(line) for line in printed if line]), Bundle.load(bundle)
    found = (next(of_lines) if line else None for line in lines)
    return [
        loaded.predict([text])[0] if answer is None else answer.get("label", answer.get("tags"))
        for text, answer in zip(texts, found, strict=True)
    ]


def as_line(text: Text) -> str:
    """The text, or its words joined; empty where reading the line would give another text."""
    if isinstance(text, str):
        return text if len(text.splitlines()) == 1 else ""
    return " ".join(text) if " ".join(text).split() == text else ""


def main(uri: str) -> None:
    store = open_store(uri, create=False)
    students = [record for record in store.records() if record.status == "finished" and record.tags["role"] == "train"]
    print("| run | texts | equal | not by a line |\n|---|---:|---:|---:|")
    for student in students:
        with tempfile.TemporaryDirectory() as folder:
            bundle = store.download(student.run_id, BUNDLE, Path(folder))
            file = store.download(student.run_id, PREDICTIONS, Path(folder))
            rows = [json.loads(line) for line in file.read_text().split("\n") if line]
            texts = [row["text"] for row in rows]
            unequal = [row for row, one in zip(rows, answers(bundle, texts), strict=True) if row["predicted"] != one]
        n_others = sum(not as_line(text) for text in texts)
        print(f"| {student.name} | {len(rows)} | {len(rows) - len(unequal)} | {n_others} |", flush=True)
        for row in unequal[:5]:
            print(f"  {len(row['text'])} {row['text']!r:.100}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
