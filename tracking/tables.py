"""Records straight from the tables of an SQLite store: a handful of queries, whatever the number of runs.

MLflow makes an object of every metric, tag and parameter, which takes a minute and a gigabyte for 10,000 runs, and
importing it takes seconds. The tables are read anew at each call, in one transaction: nothing is kept that could grow
old. What is written goes through MLflow alone.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

from tracking.config import SQLITE
from tracking.errors import StoreError
from tracking.names import CHANGED, column_name
from tracking.record import PARENT_TAG, SUITE_TAG, Record, status_of
from tracking.whereabouts import folder_of

PATIENCE_SECONDS = 60.0
"""While another process writes."""

EXPERIMENTS = """
    SELECT CAST(experiment_id AS TEXT), value FROM experiments JOIN experiment_tags USING (experiment_id)
    WHERE key = ? AND lifecycle_stage = 'active' ORDER BY name
"""
RUNS = """
    SELECT run_uuid, CAST(experiment_id AS TEXT), name, status, start_time, end_time FROM runs
    WHERE lifecycle_stage = 'active' AND experiment_id IN ({among}) ORDER BY start_time, run_uuid
"""
VALUES = """
    SELECT run_uuid, key, COALESCE({table}.value, '') FROM runs JOIN {table} USING (run_uuid)
    WHERE lifecycle_stage = 'active' AND experiment_id IN ({among})
"""
METRICS = f"{VALUES} AND NOT is_nan AND key != '{CHANGED}'"
HISTORY = "SELECT step, value FROM metrics WHERE run_uuid = ? AND key = ? AND NOT is_nan"
ARTIFACTS = "SELECT artifact_uri FROM runs WHERE run_uuid = ?"

Ask = Callable[..., Iterable[Any]]
Value = TypeVar("Value")


def experiments(store: Path) -> dict[str, str]:
    """Suite by experiment id. Raises StoreError where the file is no store, as all functions here do."""
    with _reading(store) as ask:
        return dict(ask(EXPERIMENTS, (SUITE_TAG,)))


def records(store: Path, suite: str | None = None) -> list[Record]:
    """All runs of a suite, or of every suite, oldest first."""
    with _reading(store) as ask:
        suites = {e: name for e, name in ask(EXPERIMENTS, (SUITE_TAG,)) if suite in (None, name)}
        among = ", ".join(suites)
        runs = list(ask(RUNS.format(among=among)))
        tags = _by_run(ask(VALUES.format(among=among, table="tags")), intern, intern)
        params = _by_run(ask(VALUES.format(among=among, table="params")), intern, intern)
        metrics = _by_run(ask(METRICS.format(among=among, table="latest_metrics")), cache(column_name), float)
    return [
        Record(
            run_id=run_id,
            suite=suites[experiment],
            name=name,
            status=status_of(status, tags[run_id]),
            tags=tags[run_id],
            params=params[run_id],
            metrics=metrics[run_id],
            start_time=start,
            end_time=end,
            parent=tags[run_id].get(PARENT_TAG),
        )
        for run_id, experiment, name, status, start, end in runs
    ]


def history(store: Path, run_id: str, metric: str) -> list[tuple[int, float]]:
    """(step, value) of a curve, in no order; `metric` is MLflow's name."""
    with _reading(store) as ask:
        return list(ask(HISTORY, (run_id, metric)))


def artifact_folder(store: Path, run_id: str) -> Path | None:
    """Where a run's files lie; None where that is no folder of this machine, or there is no such run."""
    with _reading(store) as ask:
        return next((folder_of(uri, run_id) for (uri,) in ask(ARTIFACTS, (run_id,)) if uri), None)


def _by_run(
    rows: Iterable[tuple[str, str, Any]], name: Callable[[str], str], value: Callable[[Any], Value]
) -> dict[str, dict[str, Value]]:
    """What stands in thousands of runs, as the name of a metric or a student, is kept once."""
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for run_id, key, one in rows:
        found[run_id][name(key)] = value(one)
    return found


@contextmanager
def _reading(store: Path) -> Iterator[Ask]:
    """One transaction. Not read only: after a killed writer, the first to open rolls back what it left."""
    try:
        address = f"{store.as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, PATIENCE_SECONDS, isolation_level=None, uri=True)) as database:
            database.execute("BEGIN")
            yield database.execute
    except sqlite3.Error as error:
        raise StoreError(f"{SQLITE}{store}: {error}") from error
