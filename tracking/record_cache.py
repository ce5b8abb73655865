"""Cache of a server's runs on this machine, by which a later reading requests only what has changed.

A server makes an object of every metric, tag and parameter, which takes it most of a minute for 10,000 runs. So each
change that this package makes to a run sets its metric CHANGED to the server's own time (the `Date` of its answers); no
client's clock takes part. A reading requests the runs that changed since the last one, those that were started since or
are running, and those that were running or deleted then. Changes without CHANGED, as a tag that is set by hand in the
UI, are seen once a day, when everything is read again.

The file may be lost or damaged at any time. A scope in it is one experiment of one store: several stores may have stood
at the server's address, and all number their experiments from 1.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tracking.runs import CHANGED, Record

if TYPE_CHECKING:
    from tracking.client import Client

MARGIN_MS = 300_000
"""A change may arrive this much later than its CHANGED: longer than MLflow retries one request."""
FULL_READING_MS = 86_400_000
"""Interval of the readings of everything."""
BATCH = 100
"""Run ids in one query."""
LOCK_SECONDS = 60
RUNNING = "attributes.status = 'RUNNING'"
LOCKED = "locked"
"""Part of SQLite's message while another process has the file; other errors mean that it is damaged."""

TABLES = """
CREATE TABLE IF NOT EXISTS readings (scope TEXT PRIMARY KEY, full_ms INTEGER, latest_ms INTEGER);
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, scope TEXT, changed INTEGER, deleted INTEGER, open INTEGER, record TEXT, sha256 TEXT
);
CREATE TABLE IF NOT EXISTS texts (
    run_id TEXT, name TEXT, changed INTEGER, text TEXT, sha256 TEXT, PRIMARY KEY (run_id, name)
);
CREATE INDEX IF NOT EXISTS of_scope ON runs (scope);
"""
LAST_READING = "SELECT full_ms, latest_ms FROM readings WHERE scope = ?"
OPEN_RUNS = "SELECT run_id FROM runs WHERE scope = ? AND open"
RECORDS = "SELECT record, sha256 FROM runs WHERE scope = ? AND NOT deleted"
TEXT = """
SELECT text, texts.sha256 FROM texts JOIN runs USING (run_id, changed) WHERE run_id = ? AND name = ? AND NOT open
"""
STORE_TEXT = """
REPLACE INTO texts SELECT run_id, ?, changed, ?, ? FROM runs JOIN readings USING (scope)
WHERE run_id = ? AND NOT open AND changed < latest_ms - ?
"""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CachedRun:
    """A run as it was read; `changed` is another number after each change."""

    record: Record
    changed: int
    deleted: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may change without another CHANGED."""
        return self.deleted or self.record.status == "running"


class RecordCache:
    """Cached records, curves and texts of the runs of one server."""

    def __init__(self, client: "Client", folder: Path) -> None:
        """`folder` holds the file, whose name depends on its format: another version's file is left alone."""
        self._client = client
        version = f"{client.uri} {TABLES} {[field.name for field in fields(Record)]}"
        self._path = folder / f"{hashlib.sha256(version.encode()).hexdigest()[:32]}.sqlite"

    def records(self, experiment: str, suite: str) -> list[Record]:
        """The experiment's runs, oldest first."""
        now = self._client.server_time()
        records = None if now is None else self._try(lambda: self._read(experiment, suite, now))
        if records is None:
            records = [run.record for run in self._request(experiment, suite).values()]
        return sorted(records, key=lambda record: (record.start_time, record.run_id))

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(step, value) of each point of a curve, in no order; `metric` is MLflow's name."""
        points = self.text(run_id, f"curve {metric}", lambda: json.dumps(self._client.history(run_id, metric)))
        return [(step, value) for step, value in json.loads(points)]

    def text(self, run_id: str, name: str, read: Callable[[], str]) -> str:
        """The result of `read`, which is called once for a run that has ended and no longer changes."""
        cached = self._try(lambda: self._cached_text(run_id, name))
        if cached is not None:
            return cached
        text = read()
        self._try(lambda: self._store_text(run_id, name, text))
        return text

    def _read(self, experiment: str, suite: str, now: int) -> list[Record]:
        """Requests are made outside of the transactions, so that no other process waits for them."""
        scope = f"{experiment} of {self._client.stored_experiment(experiment).creation_time}"
        with self._transaction() as database:
            full, latest = database.execute(LAST_READING, [scope]).fetchone() or (-FULL_READING_MS, 0)
            open_runs = {run_id for (run_id,) in database.execute(OPEN_RUNS, [scope])}
        is_full = not latest <= now < full + FULL_READING_MS
        if is_full:
            full, runs = now, self._request(experiment, suite)
        else:
            runs = self._changed(experiment, suite, latest - MARGIN_MS, open_runs)
        runs |= self._request(experiment, suite, deleted=True)
        with self._transaction() as database:
            database.execute("DELETE FROM runs WHERE scope = ? AND (open OR ?)", [scope, is_full])
            database.executemany("REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", _rows(scope, runs.values()))
            database.execute("REPLACE INTO readings VALUES (?, ?, ?)", [scope, full, now])
            return [Record(**json.loads(_verified(*row))) for row in database.execute(RECORDS, [scope])]

    def _changed(self, experiment: str, suite: str, since: int, open_runs: set[str]) -> dict[str, CachedRun]:
        changed: dict[str, CachedRun] = {}
        for query in (f"metrics.`{CHANGED}` >= {since}", f"attributes.start_time >= {since}", RUNNING):
            changed |= self._request(experiment, suite, query)
        rest = sorted(open_runs - changed.keys())
        for start in range(0, len(rest), BATCH):
            ids = ", ".join(f"'{run_id}'" for run_id in rest[start : start + BATCH])
            changed |= self._request(experiment, suite, f"attributes.run_id IN ({ids})")
        return changed

    def _request(self, experiment: str, suite: str, query: str = "", *, deleted: bool = False) -> dict[str, CachedRun]:
        """Runs by id, as the server has them."""
        return {
            run.info.run_id: CachedRun(
                Record.of(run, suite, self._client.groups), int(run.data.metrics.get(CHANGED, 0)), deleted
            )
            for run in self._client.runs([experiment], query, view="deleted" if deleted else "active")
        }

    def _cached_text(self, run_id: str, name: str) -> str | None:
        with self._transaction() as database:
            row = database.execute(TEXT, [run_id, name]).fetchone()
            return _verified(*row) if row else None

    def _store_text(self, run_id: str, name: str, text: str) -> None:
        """Stores nothing unless the run had ended and was unchanged for MARGIN_MS at the last reading."""
        with self._transaction() as database:
            database.execute(STORE_TEXT, [name, text, _sha256(text), run_id, MARGIN_MS])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=LOCK_SECONDS)) as database:
            database.executescript(TABLES)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.commit()

    def _try(self, use: Callable[[], Answer]) -> Answer | None:
        """None if the file cannot be used; a damaged one is removed."""
        try:
            return use()
        except (sqlite3.Error, OSError, ValueError) as error:
            if LOCKED not in str(error):
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)
            return None


def _rows(scope: str, runs: Iterable[CachedRun]) -> Iterator[tuple[object, ...]]:
    for run in runs:
        text = json.dumps(asdict(run.record))
        yield run.record.run_id, scope, run.changed, run.deleted, run.is_open, text, _sha256(text)


def _verified(text: str, sha256: str) -> str:
    """Raises ValueError if the text is not as it was written."""
    if _sha256(text) != sha256:
        raise ValueError("damaged cache")
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
