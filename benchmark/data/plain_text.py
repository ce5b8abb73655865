"""Unlabelled text files, one text per line, and the comparison of texts."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import category, normalize

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.headers import LABEL_COLUMNS, TEXT_COLUMNS
from benchmark.data.parsers import decode
from benchmark.data.sources import read_local

STRUCTURED = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".conll", ".conllu", ".iob", ".bio", ".xml", ".html")
LONGEST = 10_000
"""Most characters of a text that is a file's only one."""
Text = str | Sequence[str]
"""A text, or for tagging its words."""

_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Choose between forms of a character, such as a black heart and a red one."""
_DOTTED_I = "i\N{COMBINING DOT ABOVE}"
"""Lower case of İ."""
_TAGGED = re.compile(r"\S+(?:\s+\S+){0,8}\s+(?:O|[BIESLUM]-\S+)\s*")


def text_key(text: Text) -> str:
    """Key under which two texts are the same: their words, regardless of case, spacing and Unicode form.

    The upper case is taken first and dots over an i are removed, since Turkish has an i with and one without: ILIK is
    ılık, İzmir is izmir. Compatibility forms, such as full-width letters, are equal too: one text too few in the pool
    is better than one that is held out. So are texts that differ in characters that cannot be seen.
    """
    joined = text if isinstance(text, str) else " ".join(text)
    if not joined.isascii():
        joined = " ".join(filter(None, map(_visible, joined.split()))) or joined
    folded = normalize("NFKD", joined).upper().casefold().replace(_DOTTED_I, "i")
    return " ".join(normalize("NFKC", folded).split())


def _visible(word: str) -> str:
    return "".join(c for c in _SELECTORS.sub("", word) if category(c) != "Cf")


def read_texts(path: Path, task: Task, option: str = "`unlabeled`") -> Iterator[Text]:
    """One text per line, blank lines skipped; for tagging the words between spaces. Raises what `read_lines` raises."""
    lines = read_lines(path, option)
    return iter(lines) if task == "classification" else (line.split() for line in lines)


def read_lines(path: Path, option: str) -> list[str]:
    """Lines of the file that are not blank.

    Raises DataError for a file that cannot be read, is not UTF-8, has no text or all of it in one line, or holds more
    than texts, by its name or its lines: labels and names of columns would be taught as texts.
    """
    content = decode(read_local(path, option), str(path))
    lines = [line.removesuffix("\r") for line in content.split("\n") if line.strip()]
    suffix = path.suffix.lower()
    if kind := suffix[1:] if suffix in STRUCTURED else _structure(lines):
        raise DataError(
            f"{path} of {option} is {kind}; plain text is needed, one text per line. Write the texts alone to a .txt "
            "file, without their labels."
        )
    if not lines:
        raise DataError(f"{path} of {option} holds no text. Write one text per line, or leave the file out.")
    if len(lines) == 1 and len(lines[0]) > LONGEST:
        raise DataError(
            f"{path} of {option} is one line of {len(lines[0]):,} characters, of which a model reads the beginning. "
            "Write one text per line."
        )
    return lines


def _structure(lines: Sequence[str]) -> str:
    """Name of the format that most lines have; empty for plain text."""
    tests = {
        "JSON": _is_json,
        "conll (a word and its tag per line)": lambda line: bool(_TAGGED.fullmatch(line)),
        "fastText's format (a label before each text)": lambda line: line.startswith("__label__"),
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
