"""The results table as files: results.csv and results.parquet, the same rows in the same order."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from benchmark.reporting.files import write_whole
from benchmark.reporting.results import COLUMNS, KINDS, Row

ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Empty where not measured; booleans as `true` and `false`; floats in full, so that reading gives them back."""
    return write_whole(path, lambda draft: _fill(draft, rows))


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    """Null where not measured; the types do not depend on what the rows hold."""
    schema = pa.schema([(column, ARROW[KINDS[column]]) for column in COLUMNS])
    columns = {column: [getattr(row, column) for row in rows] for column in COLUMNS}
    return write_whole(path, lambda draft: parquet.write_table(pa.table(columns, schema=schema), draft))


def _fill(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_text(getattr(row, column)) for column in COLUMNS] for row in rows)


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
