"""Tables as files: results (a row per run) and the leaderboard (a row per standing), each as CSV and as Parquet."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from benchmark.reporting.columns import Value, all_columns
from benchmark.reporting.files import write_atomic
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.results import COLUMNS, KINDS, Row

ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def write_results(folder: Path, rows: Sequence[Row]) -> None:
    """results.csv and results.parquet: the same rows in the same order."""
    write_csv(folder / "results.csv", rows)
    write_parquet(folder / "results.parquet", rows)


def write_leaderboards(folder: Path, leaderboards: Sequence[Leaderboard]) -> None:
    """leaderboard.csv and leaderboard.parquet: every column in full, the boards below each other."""
    lines = [_line(entry, leaderboard) for leaderboard in leaderboards for entry in leaderboard.entries]
    names = list(dict.fromkeys(name for line in lines for name in line)) or ["preset"]
    columns = {name: [line.get(name) for line in lines] for name in names}
    write_atomic(folder / "leaderboard.csv", lambda draft: fill(draft, names, zip(*columns.values(), strict=True)))
    arrays = {name: _array(values) for name, values in columns.items()}
    write_atomic(folder / "leaderboard.parquet", lambda draft: parquet.write_table(pa.table(arrays), draft))


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Empty where not measured; booleans as `true` and `false`; floats in full, so that reading gives them back."""
    lines = [[getattr(row, column) for column in COLUMNS] for row in rows]
    return write_atomic(path, lambda draft: fill(draft, COLUMNS, lines))


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    """Null where not measured; the types do not depend on what the rows hold."""
    schema = pa.schema([(column, ARROW[KINDS[column]]) for column in COLUMNS])
    columns = {column: [getattr(row, column) for row in rows] for column in COLUMNS}
    return write_atomic(path, lambda draft: parquet.write_table(pa.table(columns, schema=schema), draft))


def _line(entry: LeaderboardEntry, leaderboard: Leaderboard) -> dict[str, Value]:
    own = {"preset": leaderboard.preset, "teacher": entry.teacher}
    return own | {column.name: column.value(entry) for column in all_columns(leaderboard)}


def _array(values: Sequence[Value]) -> pa.Array:
    return pa.array(values, pa.string() if any(isinstance(value, str) for value in values) else pa.float64())


def fill(path: Path, names: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """A CSV file: empty where there is no figure, floats in full."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([str(v).lower() if isinstance(v, bool) else v for v in line] for line in lines)
