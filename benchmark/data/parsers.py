"""Parsers of csv, tsv, jsonl, CoNLL and clinc files: bytes to rows, or to one clear DataError."""

import json
from collections.abc import Callable, Iterator, Sequence

from benchmark.core.errors import DataError
from benchmark.data.entry import Format
from benchmark.data.rows import ParseContext, Row, is_printed, make_row, shorten
from benchmark.data.tables import column_index, parse_table

COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip (as .xlsx spreadsheets are)",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh91AY&SY": "bzip2",
}
"""Names by the first bytes of a file."""


def parse(content: bytes, context: ParseContext) -> list[Row]:
    """Parses all rows of one split, in the order of the file.

    Raises:
        DataError: not UTF-8, invalid syntax, an empty cell, tokens and tags of different length.
        UnknownNameError: a column that the file lacks.
    """
    rows = list(PARSERS[context.file.format](decode(content, context.where), context))
    if _has_one_token_per_row(rows, context):
        raise DataError(
            f"{context.where}: every row holds a single token. A table has one sentence per row, tokens and tags "
            "separated by spaces; one token per line is conll (token TAB tag, a blank line between sentences)."
        )
    if rows and all(isinstance(row.text, str) and is_printed(row.text) for row in rows):
        raise DataError(
            f"{context.where}: every text is a list of words, as {shorten(rows[0].text)}. Write each as one text, with "
            "spaces between the words."
        )
    return rows


def _has_one_token_per_row(rows: Sequence[Row], context: ParseContext) -> bool:
    """A common layout of tagged tables; its rows would be sentences of one word."""
    table = context.task == "sequence_labeling" and context.file.format in ("csv", "tsv")
    return table and len(rows) > 1 and all(len(row.text) == 1 for row in rows)


def decode(content: bytes, where: str) -> str:
    """Decodes UTF-8, without a byte-order mark.

    Raises:
        DataError: a compressed file, bytes that are not UTF-8, or a NUL, as UTF-16 and binary files contain.
    """
    if compression := next((name for magic, name in COMPRESSIONS.items() if content.startswith(magic)), ""):
        raise DataError(f"{where} is compressed with {compression}. Decompress it and name the text file in it.")
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
    return text


def _jsonl(text: str, context: ParseContext) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _json_object(line, number, context)
            first, second = (_field(column, record, number, context) for column in context.columns())
            yield make_row(number, first, second, context)


def _json_object(line: str, number: int, context: ParseContext) -> dict[str, object]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise context.error(number, f"invalid JSON ({error}). Each line is one JSON object.") from None
    if not isinstance(record, dict):
        raise context.error(number, f"{shorten(record)} is not a JSON object {{...}}; each line is one.")
    return record


def _field(column: str | int, record: dict[str, object], line: int, context: ParseContext) -> object:
    if isinstance(column, int):
        raise context.error(line, f"jsonl fields have names, not positions such as {column}. Name the field.")
    if column not in record:
        raise context._replace(where=f"{context.where}, line {line}").unknown_column(column, record)
    return record[column]


def _conll(text: str, context: ParseContext) -> Iterator[Row]:
    """One `token TAB tag` per line, a blank line between sentences; a token may contain spaces."""
    if context.task == "classification":
        raise DataError(f"{context.where} is conll, a format of tagged words. Classification reads csv, tsv and jsonl.")
    start, tokens, tags = 1, list[str](), list[str]()
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip(" \r"):
            token, tag = _conll_line(line.removesuffix("\r"), number, context)
            start = start if tokens else number
            tokens.append(token)
            tags.append(tag)
        elif tokens:
            yield Row(start, tuple(tokens), tuple(tags))
            tokens, tags = [], []


def _conll_line(line: str, number: int, context: ParseContext) -> tuple[str, str]:
    cells = line.split("\t")
    if len(cells) == 1:
        raise context.error(number, f"no TAB in {shorten(line)}: a token without a tag. Write token TAB tag.")
    first, second = _conll_columns(cells, number, context)
    token, tag = cells[first], cells[second].strip()
    if not token.strip() or not tag:
        raise context.error(number, f"an empty token or tag in {shorten(line)}. Write token TAB tag.")
    return token, tag


def _conll_columns(cells: Sequence[str], number: int, context: ParseContext) -> tuple[int, int]:
    if context.text is None and context.label is None and len(cells) != 2:
        raise context.error(
            number, f"{len(cells)} columns, not 2. Choose two, as in `text: 0` and `label: {len(cells) - 1}`."
        )
    columns = (0 if context.text is None else context.text, 1 if context.label is None else context.label)
    if named := [column for column in columns if isinstance(column, str)]:
        raise context.error(number, f"conll columns have positions (0, 1, ...), not names such as {shorten(named[0])}.")
    text, label = (column_index(column, cells, number, context) for column in columns)
    return text, label


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
    "csv": parse_table,
    "tsv": parse_table,
    "jsonl": _jsonl,
    "conll": _conll,
    "clinc": _clinc,
}
