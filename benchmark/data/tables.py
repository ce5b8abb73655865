"""Comma- and tab-separated tables, with a header or (columns given as positions) without one."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmark.data.entry import Column
from benchmark.data.rows import ParseContext, Row, make_row, shorten


class Record(NamedTuple):
    """The cells of one row and the line it starts on."""

    line: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        return not self.cells or (len(self.cells) == 1 and not self.cells[0].strip())


def parse_table(text: str, context: ParseContext) -> Iterator[Row]:
    """The rows of a csv or tsv file; every row has as many cells as the first."""
    split = _csv_records if context.file.format == "csv" else _tsv_records
    records = (record for record in split(text, context) if not record.blank)
    first = next(records, None)
    if first is None:
        return
    places = _places(first, context)
    if isinstance(context.columns()[0], int):
        yield _table_row(first, first, places, context)
    for record in records:
        yield _table_row(record, first, places, context)


def place_of(column: Column, cells: Sequence[str], line: int, context: ParseContext) -> int:
    """Position of `column` in the header's (or the first row's) `cells`.

    Raises:
        DataError: no such position, or a name that stands there twice.
        UnknownNameError: no such name; the nearest one is offered.
    """
    if isinstance(column, int):
        if 0 <= column < len(cells):
            return column
        raise context.error(line, f"no column at position {column}: the row has {len(cells)}, counted from 0.")
    if cells.count(column) > 1:
        raise context.error(line, f"column {shorten(column)} stands {cells.count(column)} times; name each once.")
    if column not in cells:
        raise context.unknown_column(column, cells)
    return cells.index(column)


def _csv_records(text: str, context: ParseContext) -> Iterator[Record]:
    """RFC 4180: quoted cells may hold commas, line ends and doubled quotes."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # a long document is no error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield Record(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise context.error(
            line, f"broken csv from here on ({error}). Quote cells that hold commas, double the quotes inside."
        ) from None


def _tsv_records(text: str, context: ParseContext) -> Iterator[Record]:
    """One record a line; a quote inside a cell is text, so that a lone one swallows nothing."""
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.removesuffix("\r").split("\t")
        yield Record(number, [_unwrap(cell) for cell in cells] if context.file.quoted else cells)


def _unwrap(cell: str) -> str:
    """A cell that a spreadsheet wrapped in quotes, without them; any other cell as it is."""
    wrapped = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if wrapped else cell


def _places(first: Record, context: ParseContext) -> tuple[int, int]:
    text, label = (place_of(column, first.cells, first.line, context) for column in context.columns())
    if text == label:
        raise context.error(first.line, f"text and label are both column {shorten(context.columns()[0])}; name two.")
    return text, label


def _table_row(record: Record, first: Record, places: tuple[int, int], context: ParseContext) -> Row:
    if len(record.cells) != len(first.cells):
        raise context.error(
            record.line,
            f"{len(record.cells)} cells where line {first.line} has {len(first.cells)}. "
            "A cell that holds the separator must be quoted (csv) or must do without it (tsv).",
        )
    return make_row(record.line, record.cells[places[0]], record.cells[places[1]], context)
