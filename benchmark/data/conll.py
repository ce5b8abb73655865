"""CoNLL files: one `token TAB tag` per line, a blank line between sentences; and CoNLL-U."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmark.core.errors import DataError
from benchmark.data.rows import DOCUMENT_START, ParseContext, Row, column_index, shorten

_COMMENT = re.compile(r"# (?:[^\t]*|[\w.:]+ = .*)")
_ID = re.compile(r"\d+(?:[-.]\d+)?")
CONLL_U = 10
"""Columns of CoNLL-U, which begin with id, form, lemma and part of speech."""


class Line(NamedTuple):
    """A line's number in the file, and its cells."""

    number: int
    cells: list[str]


def read_conll(text: str, context: ParseContext) -> Iterator[Row]:
    """One row per sentence; a token may contain spaces. All words have as many columns as the first.

    Skipped and counted: -DOCSTART- lines, comments above a sentence, and lines of CoNLL-U whose id is a range (4-5, a
    contraction whose words follow) or a decimal (8.1, a word that the text leaves out).
    """
    if context.task == "classification":
        raise DataError(f"{context.where} is conll, a format of tagged words. Classification reads csv, tsv and jsonl.")
    first: Line | None = None
    for lines in _sentences(text, context):
        if words := _without_ranges(lines, context):
            first = first or words[0]
            tokens, tags = zip(*(_word(line, first, context) for line in words), strict=True)
            yield Row(lines[0].number, tokens, tags)


def _sentences(text: str, context: ParseContext) -> Iterator[list[Line]]:
    """Lines between blank lines and -DOCSTART- lines."""
    lines = list[Line]()
    for number, content in enumerate([*text.split("\n"), ""], 1):
        line = Line(number, content.removesuffix("\r").split("\t"))
        is_start = DOCUMENT_START in content.upper() and any(map(_is_start, line.cells))
        context.skipped[f"{DOCUMENT_START} lines"] += is_start
        if is_start or not content.strip(" \r"):
            if lines:
                yield lines
            lines = []
        elif not lines and _COMMENT.fullmatch(content):
            context.skipped["comments"] += 1
        else:
            lines.append(line)


def _is_start(cell: str) -> bool:
    return cell.strip().upper().startswith(DOCUMENT_START)


def _without_ranges(lines: Sequence[Line], context: ParseContext) -> list[Line]:
    """The lines whose id is a whole number; all, if their first column holds words or tags, or no such ids."""
    has_ids = all(len(line.cells) > 2 and _ID.fullmatch(line.cells[0]) for line in lines)
    if not has_ids or not (context.text and context.label):
        return list(lines)
    words = [line for line in lines if line.cells[0].isdecimal()] or list(lines)
    context.skipped["ranges and empty nodes"] += len(lines) - len(words)
    return words


def _word(line: Line, first: Line, context: ParseContext) -> tuple[str, str]:
    """The token and its tag; `first` is the file's first word."""
    number, cells = line.number, _filled(line.cells) if context.text is context.label is None else line.cells
    if len(cells) == 1:
        remedy = (
            "Write a TAB between the columns in place of spaces" if " " in cells[0].strip() else "Write token TAB tag"
        )
        raise context.error(number, f"no TAB in {_shown(cells)}: a token without a tag. {remedy}.")
    if len(line.cells) != len(first.cells) and len(_filled(line.cells)) != len(_filled(first.cells)):
        raise context.error(
            number,
            f"{len(line.cells)} columns, where line {first.number} has {len(first.cells)}. Give each word the same "
            "columns; files of several layouts cannot be put together.",
        )
    text, label = _columns(cells, number, context)
    token, tag = cells[text], cells[label].strip()
    if not token.strip() or not tag:
        raise context.error(number, f"an empty token or tag in {_shown(cells)}. Write token TAB tag.")
    return token, tag


def _shown(cells: Sequence[str]) -> str:
    return shorten("\t".join(cells))


def _filled(cells: Sequence[str]) -> Sequence[str]:
    """The cells without empty ones from the third to the last, as spreadsheets write them."""
    n = len(cells)
    while n > 2 and not cells[n - 1].strip():
        n -= 1
    return cells[:n]


def _columns(cells: Sequence[str], number: int, context: ParseContext) -> tuple[int, int]:
    if context.text is None and context.label is None and len(cells) != 2:
        first, second = (1, 3) if len(cells) == CONLL_U else (0, len(cells) - 1)
        raise context.error(
            number, f"{len(cells)} columns, not 2. Choose two, as in `text: {first}` and `label: {second}`."
        )
    columns = (0 if context.text is None else context.text, 1 if context.label is None else context.label)
    if named := [column for column in columns if isinstance(column, str)]:
        raise context.error(number, f"conll columns have positions (0, 1, ...), not names such as {shorten(named[0])}.")
    text, label = (column_index(column, cells, number, context) for column in columns)
    return text, label
