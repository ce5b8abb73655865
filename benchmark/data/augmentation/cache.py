"""What models have made of texts, kept so that no text is ever given to the same model twice.

A SQLite file of plain text. One process of a machine at a time asks the models; the others wait, then read.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from benchmark.core.cache import lock_path
from benchmark.core.errors import InputError
from benchmark.core.spec import digest
from tracking import cache_folder

Request = tuple[str, int]
"""A text, and which of its variants is asked for."""

BATCH = 32
"""Texts given to a model at once, and kept at once: what a kill can lose."""

BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

T = TypeVar("T")


def cache_path() -> Path:
    return cache_folder() / "augmentation" / "texts.sqlite"


def remembered(maker: str, requests: Sequence[Request], make: Callable[[list[Request]], list[str]]) -> list[str]:
    """The text made of each request, by `make` where it is not kept yet, in batches of much the same length.

    `maker` identifies the model and the numbers it is asked with. Every batch is kept as soon as it is made, so a
    process that is killed begins with the next one. Raises InputError where the cache cannot be used.
    """
    with FileLock(lock_path("augmentation")), closing(_opened(cache_path())) as store:
        known = _read(store, maker, set(requests))
        missing = sorted(set(requests) - known.keys(), key=lambda request: (-len(request[0]), request))
        for batch in chunks(missing, BATCH):
            made = dict(zip(batch, make(batch), strict=True))
            _keep(store, maker, made)
            known |= made
    return [known[request] for request in requests]


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items in order, the last of them of what is left."""
    held = list(items)
    for start in range(0, len(held), size):
        yield held[start : start + size]


def _opened(path: Path) -> sqlite3.Connection:
    """The cache, made anew where there is none or where a full disk or a broken copy left it unreadable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _checked(path) or _anew(path)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error


def _checked(path: Path) -> sqlite3.Connection | None:
    """A connection; None where what the file holds is no whole database."""
    store = sqlite3.connect(path, timeout=60)
    try:
        with store:
            store.execute("CREATE TABLE IF NOT EXISTS made (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID")
        if store.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
            return store
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in BROKEN:
            store.close()
            raise
    store.close()
    return None


def _anew(path: Path) -> sqlite3.Connection:
    for each in (path, path.with_name(f"{path.name}-journal")):
        each.unlink(missing_ok=True)
    store = _checked(path)
    if store is None:
        raise OSError("it stays unreadable after it was made anew")
    return store


def _read(store: sqlite3.Connection, maker: str, requests: Iterable[Request]) -> dict[Request, str]:
    keys = {_key(maker, request): request for request in requests}
    found: dict[Request, str] = {}
    for some in chunks(keys, 500):
        marks = ",".join("?" * len(some))
        rows = store.execute(f"SELECT key, text FROM made WHERE key IN ({marks})", some)
        found |= {keys[key]: text for key, text in rows}
    return found


def _keep(store: sqlite3.Connection, maker: str, made: Mapping[Request, str]) -> None:
    rows = [(_key(maker, request), text) for request, text in made.items()]
    try:
        with store:
            store.executemany("INSERT OR REPLACE INTO made VALUES (?, ?)", rows)
    except sqlite3.Error as error:
        raise _unusable(cache_path(), error) from error


def _key(maker: str, request: Request) -> str:
    return digest([maker, *request])


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"The cache of new texts {path} cannot be used: {error}. Free it, or name another folder by BENCHMARK_CACHE."
    )
