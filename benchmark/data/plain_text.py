"""Unlabelled text files: one text per line."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmark.core.errors import DataError
from benchmark.data.headers import LABEL_COLUMNS, TEXT_COLUMNS
from benchmark.data.parsers import decode
from benchmark.data.sources import read_local

STRUCTURED = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".conll", ".conllu", ".iob", ".bio", ".xml", ".html")
_TAGGED = re.compile(r"\S+\s+(?:O|[BIESLUM]-\S+)\s*")


def read_lines(path: Path, option: str) -> list[str]:
    """Lines of the file that are not blank.

    Raises DataError for a file that cannot be read, is not UTF-8, or holds more than texts, by its name or its lines:
    labels and names of columns would be taught as texts.
    """
    content = decode(read_local(path, option), str(path))
    lines = [line.removesuffix("\r") for line in content.split("\n") if line.strip()]
    suffix = path.suffix.lower()
    if kind := suffix[1:] if suffix in STRUCTURED else _structure(lines):
        raise DataError(
            f"{path} of {option} is {kind}; plain text is needed, one text per line. Write the texts alone to a .txt "
            "file, without their labels."
        )
    return lines


def _structure(lines: Sequence[str]) -> str:
    """Name of the format that most lines have; empty for plain text."""
    tests = {
        "JSON": _is_json,
        "conll (a word and its tag per line)": lambda line: bool(_TAGGED.fullmatch(line)),
        "a table (columns between TABs)": lambda line: "\t" in line,
    }
    for name, has_format in tests.items():
        if 2 * sum(map(has_format, lines)) > len(lines):
            return name
    cells = {cell.strip(' "').casefold() for cell in re.split("[,;|\t]", lines[0])} if lines else set()
    return "a table with a header" if cells & TEXT_COLUMNS and cells & LABEL_COLUMNS else ""


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False
