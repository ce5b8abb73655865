"""Parsers: bytes of a csv, tsv, jsonl, CoNLL or clinc file to rows, or one DataError."""

import json
from collections.abc import Callable, Iterator, Sequence

from benchmark.core.errors import DataError
from benchmark.data.entry import Format
from benchmark.data.printed import is_printed
from benchmark.data.rows import ParseContext, Row, make_row, shorten
from benchmark.data.tables import parse_table, place_of

PACKERS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip, as spreadsheets (.xlsx) are too",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh91AY&SY": "bzip2",
}
"""What packed files start with."""


def parse(content: bytes, context: ParseContext) -> list[Row]:
    """All rows of one split, in the order of the file.

    Raises:
        DataError: not UTF-8, broken syntax, an empty cell, tokens and tags of different length.
        UnknownNameError: a column that the file does not have.
    """
    rows = list(PARSERS[context.file.format](decode(content, context.where), context))
    if _holds_a_token_a_row(rows, context):
        raise DataError(
            f"{context.where}: every row holds a single token. A table has one sentence a row, tokens and tags between "
            "spaces; one token a line is conll (token TAB tag, a blank line between sentences)."
        )
    if rows and all(isinstance(row.text, str) and is_printed(row.text) for row in rows):
        raise DataError(
            f"{context.where}: every text is a list of words, as {shorten(rows[0].text)}. Write texts: the words with "
            "spaces between."
        )
    return rows


def _holds_a_token_a_row(rows: Sequence[Row], context: ParseContext) -> bool:
    """A common shape of tagged tables; read as sentences it would train on words without their neighbours."""
    table = context.task == "sequence_labeling" and context.file.format in ("csv", "tsv")
    return table and len(rows) > 1 and all(len(row.text) == 1 for row in rows)


def decode(content: bytes, where: str) -> str:
    """UTF-8 text without its byte-order mark.

    Raises:
        DataError: a packed file, bytes that are not UTF-8, or a NUL (what UTF-16 and binary files hold).
    """
    if packer := next((name for start, name in PACKERS.items() if content.startswith(start)), ""):
        raise DataError(f"{where} is packed by {packer}. Unpack it first, and name the file of text that comes out.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + 3 * content.startswith(b"\xef\xbb\xbf")  # the codec counts from behind the mark
        line = content[:start].count(b"\n") + 1
        raise DataError(
            f"{where}, line {line}: byte 0x{content[start]:02x} is not UTF-8. Save the file as UTF-8."
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{where}, line {line}: a NUL byte; this is no UTF-8 text. Save the file as UTF-8.")
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
        raise context.error(number, f"broken JSON ({error}). Each line is one JSON object.") from None
    if not isinstance(record, dict):
        raise context.error(number, f"{shorten(record)} is no JSON object like {{...}}; each line is one.")
    return record


def _field(column: str | int, record: dict[str, object], line: int, context: ParseContext) -> object:
    if isinstance(column, int):
        raise context.error(line, f"a jsonl file has names, no position {column}. Name the field.")
    if column not in record:
        raise context._replace(where=f"{context.where}, line {line}").unknown_column(column, record)
    return record[column]


def _conll(text: str, context: ParseContext) -> Iterator[Row]:
    """`token TAB tag` a line, a blank line between sentences. A token may hold spaces, so only TAB separates."""
    if context.task == "classification":
        raise DataError(
            f"{context.where} is conll, which holds tags of words. Classification reads csv, tsv and jsonl."
        )
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
    first, second = _conll_places(cells, number, context)
    token, tag = cells[first], cells[second].strip()
    if not token.strip() or not tag:
        raise context.error(number, f"an empty token or tag in {shorten(line)}. Write token TAB tag.")
    return token, tag


def _conll_places(cells: Sequence[str], number: int, context: ParseContext) -> tuple[int, int]:
    if context.text is None and context.label is None and len(cells) != 2:
        raise context.error(
            number, f"{len(cells)} columns, not 2. Say which ones by `text: 0` and `label: {len(cells) - 1}`."
        )
    columns = (0 if context.text is None else context.text, 1 if context.label is None else context.label)
    if named := [column for column in columns if isinstance(column, str)]:
        raise context.error(number, f"a conll file has positions (0, 1, ...), no column named {shorten(named[0])}.")
    text, label = (place_of(column, cells, number, context) for column in columns)
    return text, label


def _clinc(text: str, context: ParseContext) -> Iterator[Row]:
    """clinc/oos-eval's one file: {"train": [[text, intent], ...], "val": ..., "test": ...}, without its oos_ lists."""
    key = "val" if context.split == "validation" else context.split
    try:
        pairs = [(sentence, intent) for sentence, intent in json.loads(text)[key]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{context.where} is no clinc file with pairs under {key!r} ({error}).") from None
    for number, (sentence, intent) in enumerate(pairs, 1):
        yield make_row(number, sentence, intent, context)


PARSERS: dict[Format, Callable[[str, ParseContext], Iterator[Row]]] = {
    "csv": parse_table,
    "tsv": parse_table,
    "jsonl": _jsonl,
    "conll": _conll,
    "clinc": _clinc,
}
