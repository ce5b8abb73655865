"""Comparison with files committed beside the tests. `UPDATE_GOLDEN=1 pytest tests/frozen` writes them anew."""

import csv
import json
import os
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "golden"
Rows = list[dict[str, str]]


def check_text(name: str, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8", newline="")
    expected = (FOLDER / name).read_bytes().decode()
    if text != expected:
        lines = unified_diff(expected.splitlines(), text.splitlines(), f"golden/{name}", "now", n=1, lineterm="")
        pytest.fail("\n".join(islice(lines, 60)), pytrace=False)


def check_json(name: str, value: Any) -> None:
    check_text(name, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_csv(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
