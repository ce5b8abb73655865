"""Parsers of csv, tsv, jsonl, CoNLL and clinc files: bytes to rows, or to one clear DataError."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from benchmark.core.errors import DataError
from benchmark.core.presets import MAX_LENGTH
from benchmark.data.conll import read_conll
from benchmark.data.entry import Column, Format
from benchmark.data.rows import DOCUMENT_START, ParseContext, Row, is_printed, make_row, shorten
from benchmark.data.sources import require_text
from benchmark.data.tables import read_table


def parse(content: bytes, context: ParseContext) -> list[Row]:
    """Parses all rows of one split, in the order of the file.

    Raises DataError for bytes that are not UTF-8, invalid syntax, empty cells, and tokens and tags of different length;
    UnknownNameError for a missing column.
    """
    read = list(PARSERS[context.file.format](decode(content, context.where), context))
    rows = [row for row in read if row.text != (DOCUMENT_START,)]
    context.skipped[f"{DOCUMENT_START} lines"] += len(read) - len(rows)
    _check_rows(rows, context)
    return rows


def _check_rows(rows: Sequence[Row], context: ParseContext) -> None:
    """Raises DataError for rows that are read as something else than they are: words, or lists of words."""
    table = context.task == "sequence_labeling" and context.file.format in ("csv", "tsv")
    if table and len(rows) > 1 and all(len(row.text) == 1 for row in rows):
        raise DataError(
            f"{context.where}: every row holds a single token. A table has one sentence per row, tokens and tags "
            "separated by spaces; one token per line is conll (token TAB tag, a blank line between sentences)."
        )
    if rows and all(isinstance(row.text, str) and is_printed(row.text) for row in rows):
        raise DataError(
            f"{context.where}: every text is a list of words, as {shorten(rows[0].text)}. Write each as one text, with "
            "spaces between the words."
        )
    longest = MAX_LENGTH["sequence_labeling"]
    if len(rows) == 1 and not isinstance(rows[0].text, str) and len(rows[0].text) > longest:
        raise DataError(
            f"{context.where}: the whole file is one sentence of {len(rows[0].text)} words; a model reads {longest} "
            "tokens at most. Separate the sentences, in conll by blank lines."
        )


def decode(content: bytes, where: str) -> str:
    """Decodes UTF-8, without byte-order marks, which begin each of several files that were put together.

    Lines that all end in a carriage return, as on old Macs, end in a line feed then.

    Raises DataError for a compressed file, one that is no text, bytes that are not UTF-8, and a NUL.
    """
    require_text(content, where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + 3 * content.startswith(b"\xef\xbb\xbf")  # the codec counts from after the mark
        line = content[:start].count(b"\n") + 1
        raise DataError(
            f"{where}, line {line}: byte 0x{content[start]:02x} is not UTF-8. Save the file as UTF-8."
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{where}, line {line}: a NUL byte, so it is not UTF-8 text. Save the file as UTF-8.")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return text.replace("\n\ufeff", "\n")


# --- JSON Lines, clinc -----------------------------------------------------------------------------------------------


def _jsonl(text: str, context: ParseContext) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _json_object(line, number, context)
            first, second = (_field(column, record, number, context) for column in context.columns())
            yield make_row(number, first, second, context)


def _json_object(line: str, number: int, context: ParseContext) -> dict[str, object]:
    try:
        record = load_json(line)
    except (ValueError, RecursionError) as error:
        raise context.error(number, f"invalid JSON ({error}). {_json_remedy(line)}") from None
    if not isinstance(record, dict):
        raise context.error(number, f"{shorten(record)} is not a JSON object {{...}}. {_json_remedy(line)}")
    return record


def load_json(line: str) -> Any:
    """A JSON value. Raises ValueError for one that is none, or an object that has a key twice, and RecursionError."""
    return json.loads(line, object_pairs_hook=_object)


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    [(key, number)] = Counter(key for key, _ in pairs).most_common(1) or [("", 0)]
    if number > 1:
        raise ValueError(f"the key {shorten(key)} occurs {number} times")
    return dict(pairs)


def _json_remedy(line: str) -> str:
    if line.startswith("["):
        return (
            "Each line is one JSON object; write a list as pandas.read_json(FILE).to_json(NAME, orient='records', "
            "lines=True) does."
        )
    return "Each line is one JSON object, without a comma behind it."


def _field(column: Column, record: dict[str, object], line: int, context: ParseContext) -> object:
    if isinstance(column, int):
        raise context.error(line, f"jsonl fields have names, not positions such as {column}. Name the field.")
    if column not in record:
        raise replace(context, where=f"{context.where}, line {line}").unknown_column(column, record)
    return record[column]


def _clinc(text: str, context: ParseContext) -> Iterator[Row]:
    """The file of clinc/oos-eval: {"train": [[text, intent], ...], "val": ..., "test": ...}; oos_ lists are ignored."""
    key = "val" if context.split == "validation" else context.split
    try:
        pairs = [(sentence, intent) for sentence, intent in json.loads(text)[key]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{context.where} is not a clinc file with pairs under {key!r} ({error}).") from None
    for number, (sentence, intent) in enumerate(pairs, 1):
        yield make_row(number, sentence, intent, context)


PARSERS: dict[Format, Callable[[str, ParseContext], Iterator[Row]]] = {
    "csv": read_table,
    "tsv": read_table,
    "jsonl": _jsonl,
    "conll": read_conll,
    "clinc": _clinc,
}
