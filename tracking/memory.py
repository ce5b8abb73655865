"""A file of this machine that remembers what was read of a server. It may be lost or damaged at any time.

A place in it is one experiment of one store: other stores may have stood at the server's address, with ids that begin
with 1 as well.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tracking.record import Record

PATIENCE_SECONDS = 60
TABLES = """
CREATE TABLE IF NOT EXISTS readings (place TEXT PRIMARY KEY, whole INTEGER, latest INTEGER);
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, place TEXT, mark INTEGER, deleted INTEGER, open INTEGER, told TEXT, sha256 TEXT
);
CREATE TABLE IF NOT EXISTS texts (
    run_id TEXT, name TEXT, mark INTEGER, text TEXT, sha256 TEXT, PRIMARY KEY (run_id, name)
);
CREATE INDEX IF NOT EXISTS of_place ON runs (place);
"""
KEEP_TEXT = """
REPLACE INTO texts SELECT run_id, ?, mark, ?, ? FROM runs JOIN readings USING (place)
WHERE run_id = ? AND NOT open AND mark < latest - ?
"""
TEXT = "SELECT text, texts.sha256 FROM texts JOIN runs USING (run_id, mark) WHERE run_id = ? AND name = ? AND NOT open"


@dataclass(frozen=True)
class Seen:
    """A run as it was read, and its mark: a number that is another one after each change."""

    record: Record
    mark: int
    deleted: bool = False

    @property
    def is_open(self) -> bool:
        """It may change without another mark."""
        return self.deleted or self.record.status == "running"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: what is interrupted leaves nothing. Raises sqlite3.Error or OSError where there is no such."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as memory:
        memory.executescript(TABLES)
        memory.execute("BEGIN IMMEDIATE")
        yield memory
        memory.commit()


def last_reading(memory: sqlite3.Connection, place: str) -> tuple[int, int] | None:
    """When all was read, and when what had changed."""
    found: tuple[int, int] | None = memory.execute(
        "SELECT whole, latest FROM readings WHERE place = ?", [place]
    ).fetchone()
    return found


def open_runs(memory: sqlite3.Connection, place: str) -> set[str]:
    """Ids of those that may have changed without another mark."""
    rows = memory.execute("SELECT run_id FROM runs WHERE place = ? AND open", [place])
    return {run_id for (run_id,) in rows}


def keep_runs(memory: sqlite3.Connection, place: str, seen: Iterable[Seen], whole: int, latest: int) -> None:
    """In place of all runs where all have just been read (`whole` is `latest`), else of those that were open."""
    memory.execute("DELETE FROM runs WHERE place = ? AND (open OR ?)", [place, whole == latest])
    told = ((one, json.dumps(asdict(one.record))) for one in seen)
    rows = [(one.record.run_id, place, one.mark, one.deleted, one.is_open, text, _sum(text)) for one, text in told]
    memory.executemany("REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    memory.execute("REPLACE INTO readings VALUES (?, ?, ?)", [place, whole, latest])


def kept_runs(memory: sqlite3.Connection, place: str) -> Iterator[Record]:
    """Those that are not deleted. Raises ValueError where a row is not as it was written."""
    query = "SELECT told, sha256 FROM runs WHERE place = ? AND NOT deleted"
    for told, known in memory.execute(query, [place]):
        yield Record(**json.loads(_whole(told, known)))


def keep_text(memory: sqlite3.Connection, run_id: str, name: str, text: str, settled_ms: int) -> None:
    """Of a run that has ended and was left alone for `settled_ms` before the last reading; else nothing is kept."""
    memory.execute(KEEP_TEXT, [name, text, _sum(text), run_id, settled_ms])


def kept_text(memory: sqlite3.Connection, run_id: str, name: str) -> str | None:
    """Raises ValueError where it is not as it was written."""
    found = memory.execute(TEXT, [run_id, name]).fetchone()
    return _whole(*found) if found else None


def _whole(text: str, known: str) -> str:
    if _sum(text) != known:
        raise ValueError("what was remembered is damaged")
    return text


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
