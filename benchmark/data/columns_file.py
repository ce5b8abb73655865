"""Columns of a parquet, jsonl or csv file, by name."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.core.errors import DataError
from benchmark.data.parsers import decode, load_json
from benchmark.data.rows import shorten
from benchmark.data.sources import read_local, require_uncompressed

Cells = Mapping[str, Sequence[object]]
SHOWN = 20
"""Columns that a message names at most."""
_SEPARATORS = re.compile(r"(?<=[^\W\d_])[-_\s](?=\d)|[-_\s]++(?!\d)")
"""Those of words, not a minus (-1) or what stands between numbers (1-2)."""


@dataclass(frozen=True)
class Columns:
    """Cells by column; all columns have equally many. Cells of a csv file are strings."""

    path: Path
    cells: Cells

    def find(self, name: str, of: str) -> str:
        """The column `name`, or the only one that differs from it in case, `-`, `_` and spaces alone.

        Raises DataError, in which `of` says what the column is for, if there is none or several.
        """
        alike = [column for column in self.cells if folded(column) == folded(name)]
        if name in alike or len(alike) == 1:
            return name if name in alike else alike[0]
        if alike:
            raise DataError(f"{self.path}: columns {', '.join(map(repr, alike))} may all be for {of} {name!r}.")
        has = ", ".join(column[:40] for column, _ in zip(self.cells, range(SHOWN), strict=False)) or "none"
        raise DataError(f"{self.path} has no column for {of} {name!r}. Add it; the columns are {has}.")

    def error(self, number: int, message: str) -> DataError:
        """An error about a row, counted from 0."""
        return DataError(f"{self.path}, row {number + 1}: {message}")


def folded(name: str) -> str:
    """A name without case, and without `-`, `_` and spaces between words: names that fold alike are of one label."""
    return _SEPARATORS.sub("", name.strip().casefold())


def read_columns(path: Path, owner: str) -> Columns:
    """Reads a table, which messages attribute to `owner`. Raises DataError for another format or a broken file."""
    content, read = read_local(path, owner), READERS.get(path.suffix.lower())
    require_uncompressed(content, f"{path} of {owner}")
    if read is None:
        raise DataError(f"{path} of {owner}: the ending tells its format; {', '.join(READERS)} are read.")
    return Columns(path, read(content, path))


def _csv(content: bytes, path: Path) -> Cells:
    try:
        header, *rows = csv.reader(io.StringIO(decode(content, str(path)), newline=""), strict=True) or [[]]
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path} is no csv table with a header ({error}).") from None
    rows = [row for row in rows if row]
    if wrong := [number for number, row in enumerate(rows) if len(row) != len(header)]:
        raise Columns(path, {}).error(wrong[0], f"{len(rows[wrong[0]])} cells, where the header has {len(header)}.")
    return _by_name(header, list(zip(*rows, strict=True)) if rows else [()] * len(header), path)


def _jsonl(content: bytes, path: Path) -> Cells:
    lines = [line for line in decode(content, str(path)).split("\n") if line.strip()]
    records = [_record(line, number, path) for number, line in enumerate(lines)]
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _record(line: str, number: int, path: Path) -> dict[str, object]:
    try:
        record = load_json(line)
    except (ValueError, RecursionError) as error:
        raise Columns(path, {}).error(number, f"invalid JSON ({error}). Each line is one JSON object.") from None
    if not isinstance(record, dict):
        raise Columns(path, {}).error(number, f"{shorten(record)} is no JSON object {{...}}; each line is one.")
    return record


def _parquet(content: bytes, path: Path) -> Cells:
    from pyarrow import ArrowException, BufferReader, parquet

    try:
        table = parquet.read_table(BufferReader(content))
    except (ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as parquet ({error}).") from None
    return _by_name(table.column_names, [column.to_pylist() for column in table.columns], path)


def _by_name(names: Sequence[str], columns: Sequence[Sequence[object]], path: Path) -> Cells:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{path}: column {twice[0]!r} occurs twice; names must differ.")
    return dict(zip(names, columns, strict=True))


READERS: Mapping[str, Callable[[bytes, Path], Cells]] = {".parquet": _parquet, ".jsonl": _jsonl, ".csv": _csv}
"""By the ending of the file's name."""
