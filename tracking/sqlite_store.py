"""An SQLite store on this machine: created atomically, and read from its tables and folders without MLflow.

MLflow makes an object of every metric, tag and parameter: a minute and a gigabyte for 10,000 runs, where a handful of
queries take seconds; importing it takes seconds too. Every call reads the tables, in one transaction. Rows are
written by MLflow alone.
"""

import fcntl
import os
import re
import shutil
import sqlite3
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from sys import intern
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from tracking.config import ARTIFACTS, SQLITE, NoStoreError, StoreError
from tracking.runs import CHANGED, PARENT_TAG, SUITE_TAG, Record, status_of
from tracking.scratch import scratch_folder
from tracking.ui import MetricGroups

LOCK_SECONDS = 60.0
"""Limit of the wait for another process that writes."""

DAMAGE = re.compile("malformed|could not decode", re.IGNORECASE)
"""SQLite's messages about a file that was altered."""

EXPERIMENTS = """
    SELECT CAST(experiment_id AS TEXT), value FROM experiments JOIN experiment_tags USING (experiment_id)
    WHERE key = ? AND lifecycle_stage = 'active' ORDER BY name
"""
RUNS = """
    SELECT run_uuid, CAST(experiment_id AS TEXT), name, status, start_time, end_time FROM runs
    WHERE lifecycle_stage = 'active' AND experiment_id IN ({experiments}) ORDER BY start_time, run_uuid
"""
VALUES = """
    SELECT run_uuid, key, COALESCE({table}.value, '') FROM runs JOIN {table} USING (run_uuid)
    WHERE lifecycle_stage = 'active' AND experiment_id IN ({experiments})
"""
METRICS = f"{VALUES} AND NOT is_nan AND key != '{CHANGED}'"
HISTORY = "SELECT step, value FROM metrics WHERE run_uuid = ? AND key = ? AND NOT is_nan"
ARTIFACT_URI = "SELECT artifact_uri FROM runs WHERE run_uuid = ?"

Query = Callable[..., Iterable[Any]]
Value = TypeVar("Value")


class SqliteStore:
    """Reader of one SQLite store. Methods raise StoreError if the file is no store or cannot be read."""

    def __init__(self, path: Path, groups: MetricGroups) -> None:
        self.path = path
        self._groups = groups

    def experiments(self) -> dict[str, str]:
        """Suite by experiment id."""
        with self._reading() as query:
            return dict(query(EXPERIMENTS, (SUITE_TAG,)))

    def records(self, suite: str | None = None) -> list[Record]:
        """All runs of a suite, or of every suite, oldest first."""
        with self._reading() as query:
            suites = {e: name for e, name in query(EXPERIMENTS, (SUITE_TAG,)) if suite in (None, name)}
            ids = ", ".join(suites)
            runs = list(query(RUNS.format(experiments=ids)))
            tags = _by_run(query(VALUES.format(experiments=ids, table="tags")), intern, intern)
            params = _by_run(query(VALUES.format(experiments=ids, table="params")), intern, intern)
            metrics = query(METRICS.format(experiments=ids, table="latest_metrics"))
            columns = _by_run(metrics, cache(self._groups.column_name), float)
        return [
            Record(
                run_id=run_id,
                suite=suites[experiment],
                name=name,
                status=status_of(status, tags[run_id]),
                tags=tags[run_id],
                params=params[run_id],
                metrics=columns[run_id],
                start_time=start,
                end_time=end,
                parent=tags[run_id].get(PARENT_TAG),
            )
            for run_id, experiment, name, status, start, end in runs
        ]

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(step, value) of each point of a curve, in no order; `metric` is MLflow's name."""
        with self._reading() as query:
            return list(query(HISTORY, (run_id, metric)))

    def artifact_folder(self, run_id: str) -> Path | None:
        """Folder of a run's files; None if they are not on this machine, or there is no such run."""
        with self._reading() as query:
            return next((artifact_folder(uri, run_id) for (uri,) in query(ARTIFACT_URI, (run_id,)) if uri), None)

    @contextmanager
    def _reading(self) -> Iterator[Query]:
        """One transaction. Not read only: after a writer was killed, the first reader rolls back its transaction."""
        try:
            address = f"{self.path.as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, LOCK_SECONDS, isolation_level=None, uri=True)) as database:
                database.execute("BEGIN")
                yield database.execute
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise StoreError(_explained(self.path, error)) from error


def _explained(path: Path, error: Exception) -> str:
    """The error in one line. Altered bytes are what SQLite cannot parse, or values that are not of their column."""
    message = " ".join(str(error).split())
    if isinstance(error, sqlite3.Error) and not DAMAGE.search(message):
        return f"{SQLITE}{path}: {message}"
    return (
        f"The run store {path} is damaged: {message}. Restore a copy of it, or recover what can be read with "
        f"`sqlite3 {path.name} .recover`."
    )


def require_store(path: Path) -> None:
    """Raises NoStoreError if the store is missing."""
    if _is_new(path):
        raise NoStoreError(f"There are no runs yet: {path} does not exist.")


def create_store(path: Path) -> None:
    """Creates the store if it is missing; raises StoreError if it cannot be written.

    MLflow creates its tables in many steps, and a process killed between two of them would leave a file that can never
    be opened again. So it creates them in a draft, one process at a time, which is then moved.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"), _locked(path.parent):
            if _is_new(path):
                _create_draft(path).replace(path)
    except OSError as error:
        raise StoreError(f"The run store {path} cannot be written: {error.strerror}. Name another one.") from error


def artifact_folder(uri: str, run_id: str) -> Path | None:
    """Folder of a run's files by their address; None if that is not on this machine.

    Raises StoreError unless the folder is the run's own: a store from elsewhere may name any folder.
    """
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc:
        return None
    folder = Path(unquote(parts.path))
    require_own_folder(folder, run_id)
    return folder


def require_own_folder(folder: Path, run_id: str) -> None:
    """Raises StoreError unless the folder is `.../RUN_ID/artifacts`."""
    if folder.parts[-2:] != (run_id, "artifacts") or len(folder.parts) < 4:
        raise StoreError(f"The files of run {run_id} are in {folder}, which is no folder of a run's own.")


def copy_from(artifacts: Path, path: str, to: Path) -> Path:
    """Copies a file or folder of a run's artifacts into the folder `to`, and returns the copy's path.

    Raises StoreError if there is none of that name.
    """
    source, copy = artifacts / path, to / path
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, copy)
    except OSError as error:
        raise StoreError(f"The run's file {source} cannot be read: {error.strerror or error}.") from error
    return copy


def copy_into(artifacts: Path, folder: Path, path: str) -> None:
    """Copies the files of `folder` into the folder `path` of a run's artifacts, each atomically.

    Raises StoreError if a link leads out of the artifacts.
    """
    try:
        for source in sorted(file for file in folder.rglob("*") if file.is_file()):
            target = artifacts / path / source.relative_to(folder)
            if not target.parent.resolve().is_relative_to(artifacts.resolve()):
                raise StoreError(f"{target.parent} leads out of the run's files by a link. Remove the link.")
            target.parent.mkdir(parents=True, exist_ok=True)
            with scratch_folder(beside=target) as scratch:
                shutil.copyfile(source, scratch / target.name)
                os.replace(scratch / target.name, target)
    except OSError as error:
        raise StoreError(f"The run's files cannot be written to {artifacts}: {error.strerror or error}.") from error


def _by_run(
    rows: Iterable[tuple[str, str, Any]], name: Callable[[str], str], value: Callable[[Any], Value]
) -> dict[str, dict[str, Value]]:
    """`name` and `value` convert a column each; texts are interned since thousands of runs share them."""
    values: dict[str, dict[str, Value]] = defaultdict(dict)
    for run_id, key, cell in rows:
        values[run_id][name(key)] = value(cell)
    return values


def _create_draft(path: Path) -> Path:
    draft = path.with_name(f".{path.name}.new")
    for left_over in (draft, draft.with_name(f"{draft.name}-journal")):
        left_over.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy and alembic warn about MLflow's tables, some on import
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(f"{SQLITE}{draft}", str(path.parent / ARTIFACTS))  # type: ignore[no-untyped-call]
        store.engine.dispose()
    return draft


def _is_new(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Locks the folder itself, which leaves no lock file behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
