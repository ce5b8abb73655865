"""Tables: csv and tsv, with a header, or without one if columns are given by position."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from benchmark.core.errors import InputError
from benchmark.data.rows import ParseContext, Row, column_index, make_row, shorten


class Record(NamedTuple):
    """The cells of a row, and its first line in the file."""

    line: int
    cells: list[str]

    @property
    def n_lines(self) -> int:
        return 1 + sum(cell.count("\n") for cell in self.cells)

    @property
    def blank(self) -> bool:
        return len(self.cells) < 2 and not "".join(self.cells).strip()


def read_table(text: str, context: ParseContext) -> Iterator[Row]:
    """Rows that all have as many cells as the first.

    An error says so if the file is well-formed with another separator, or with cells of several lines.
    """
    try:
        yield from _rows(text, context)
    except InputError:
        _check_dialect(text, context)
        raise


def _rows(text: str, context: ParseContext) -> Iterator[Row]:
    split = _csv_records if context.file.format == "csv" else _tsv_records
    records = (record for record in split(text, context) if not record.blank)
    first = next(records, None)
    if first is None:
        return
    columns = _column_indices(first, context)
    labels, of_several_lines = set[str](), list[Record]()
    has_header = isinstance(context.columns()[0], str)
    for record in records if has_header else chain([first], records):
        if has_header and record.cells == first.cells:
            raise context.error(record.line, f"the header of line {first.line} again. Remove it.")
        yield _table_row(record, first, columns, context)
        labels.add(record.cells[columns[1]])
        of_several_lines += [record] if record.n_lines > 1 else []
    _check_joined(of_several_lines, columns, labels, context)


def _check_joined(
    records: Iterable[Record], columns: tuple[int, int], labels: Collection[str], context: ParseContext
) -> None:
    for record in records:
        if _is_joined(record.cells, *columns, labels):
            last = record.line + record.n_lines - 1
            raise context.error(
                record.line,
                f"a quote opens a cell that ends in line {last}, so that lines {record.line} to {last} are one row, "
                "though each has a label. Remove the quote, or close it in its line; if they are one text, replace "
                "its line ends by spaces.",
            )


def _is_joined(cells: Sequence[str], text: int, label: int, labels: Collection[str]) -> bool:
    """Whether a quote joined several rows: each of its lines has a cell for every column and one of the `labels`.

    `text` and `label` are positions; a label behind the text is counted from the end, since the text may hold commas.
    The lines of a text that somebody wrote do not all end, or begin, with a class.
    """
    position = label if label < text else label - len(cells)
    lines = [line.removesuffix("\r").split(",") for line in ",".join(cells).split("\n")]
    return len(lines) > 1 and all(len(parts) >= len(cells) and parts[position] in labels for parts in lines)


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
            line,
            f"invalid csv from here on ({error}). Quote cells that contain commas, double the quotes in them, and "
            "close each quote.",
        ) from None


def _tsv_records(text: str, context: ParseContext) -> Iterator[Record]:
    """One record per line; a quote within a cell is text, so that a single one cannot run over the next lines."""
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.removesuffix("\r").split("\t")
        yield Record(number, [_unwrap(cell) for cell in cells] if context.file.quoted else cells)


def _unwrap(cell: str) -> str:
    """The cell without the quotes that a spreadsheet put around it."""
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


# --- Dialects that are not read --------------------------------------------------------------------------------------

_CONVERSION = "Save it with commas: pandas.read_csv(FILE, sep={separator!r}).to_csv(FILE, index=False)."
_REMEDIES = {
    ",": "the cells are separated by commas: add `format: csv`.",
    "\t": "the cells are separated by TABs: add `format: tsv`.",
    ";": f"the cells are separated by semicolons, as Excel writes csv in many countries. {_CONVERSION}",
    "|": f"the cells are separated by bars. {_CONVERSION}",
}
_EXCEL_NOTE = re.compile(r"\s*\"?sep=.\"?[,;\t]*\r?\n")


def _check_dialect(text: str, context: ParseContext) -> None:
    """Raises DataError if the whole file is a table in a dialect that is not read."""
    note = _EXCEL_NOTE.match(text)
    content = text[note.end() :] if note else text
    own = "," if context.file.format == "csv" else "\t"
    if records := _well_formed(content, own, context):
        if note:
            raise context.error(1, f"{shorten(note[0].strip())} is a note for Excel. Remove that line.")
        _check_line_ends(records, context)
        return
    has_one_cell = own not in content.partition("\n")[0]
    for separator, remedy in _REMEDIES.items():
        if separator != own and _well_formed(content, separator, context, any_columns=has_one_cell):
            raise context.error(1, remedy.format(separator=separator))


def _check_line_ends(records: Sequence[Record], context: ParseContext) -> None:
    cut = [line for line, cells in records if "\n" in "".join(cells)]
    if cut and context.file.format == "tsv":
        raise context.error(
            cut[0],
            "a cell in quotes holds line ends, but tsv is read one row per line. Save the file as csv, or replace the "
            "line ends in its cells by spaces.",
        )


def _well_formed(text: str, separator: str, context: ParseContext, any_columns: bool = False) -> list[Record]:
    """The records, if all have the same number of cells and the first has the wanted (or any) columns; else none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records, line = list[Record](), 1
    try:
        for cells in reader:
            records.append(Record(line, cells))
            line = reader.line_num + 1
    except csv.Error:
        return []
    records = [record for record in records if not record.blank]
    widths = {len(cells) for _, cells in records}
    if len(widths) != 1 or widths == {1}:
        return []
    cells = records[0].cells
    found = any_columns or all(
        column in (cells if isinstance(column, str) else range(len(cells))) for column in context.columns()
    )
    return records if found else []
