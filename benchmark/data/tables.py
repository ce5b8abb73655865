"""Parser of comma- and tab-separated tables, with a header, or without one if columns are given by position."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmark.data.entry import Column
from benchmark.data.rows import ParseContext, Row, make_row, shorten


class Record(NamedTuple):
    """The cells of a row, and its first line in the file."""

    line: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        return not self.cells or (len(self.cells) == 1 and not self.cells[0].strip())


def parse_table(text: str, context: ParseContext) -> Iterator[Row]:
    """Parses a csv or tsv file whose rows all have as many cells as the first."""
    split = _csv_records if context.file.format == "csv" else _tsv_records
    records = (record for record in split(text, context) if not record.blank)
    first = next(records, None)
    if first is None:
        return
    columns = _column_indices(first, context)
    if isinstance(context.columns()[0], int):
        yield _table_row(first, first, columns, context)
    for record in records:
        yield _table_row(record, first, columns, context)


def column_index(column: Column, cells: Sequence[str], line: int, context: ParseContext) -> int:
    """Index of `column` in the `cells` of the header (or of the first row).

    Raises:
        DataError: no such position, or a name that occurs twice.
        UnknownNameError: no such name; the nearest one is suggested.
    """
    if isinstance(column, int):
        if 0 <= column < len(cells):
            return column
        raise context.error(line, f"no column at position {column}: the row has {len(cells)}, counted from 0.")
    if cells.count(column) > 1:
        raise context.error(line, f"column {shorten(column)} occurs {cells.count(column)} times; names must differ.")
    if column not in cells:
        raise context.unknown_column(column, cells)
    return cells.index(column)


def _csv_records(text: str, context: ParseContext) -> Iterator[Record]:
    """RFC 4180: quoted cells may contain commas, line breaks and doubled quotes."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # a cell may be a long document
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield Record(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise context.error(
            line, f"invalid csv from here on ({error}). Quote cells that contain commas, and double the quotes in them."
        ) from None


def _tsv_records(text: str, context: ParseContext) -> Iterator[Record]:
    """One record per line; a quote within a cell is text, so that a single one cannot run over the next lines."""
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.removesuffix("\r").split("\t")
        yield Record(number, [_unwrap(cell) for cell in cells] if context.file.quoted else cells)


def _unwrap(cell: str) -> str:
    """The cell without the quotes that a spreadsheet put around it, if it did."""
    wrapped = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if wrapped else cell


def _column_indices(first: Record, context: ParseContext) -> tuple[int, int]:
    text, label = (column_index(column, first.cells, first.line, context) for column in context.columns())
    if text == label:
        raise context.error(first.line, f"text and label are both column {shorten(context.columns()[0])}; name two.")
    return text, label


def _table_row(record: Record, first: Record, columns: tuple[int, int], context: ParseContext) -> Row:
    if len(record.cells) != len(first.cells):
        raise context.error(
            record.line,
            f"{len(record.cells)} cells where line {first.line} has {len(first.cells)}. "
            "Quote a cell that contains the separator (csv), or remove the separator (tsv).",
        )
    return make_row(record.line, record.cells[columns[0]], record.cells[columns[1]], context)
