"""Locks by which processes take turns: on this machine, or on all machines that share a store."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmark.core.interrupts import check_interrupt
from benchmark.core.spec import digest
from tracking import cache_folder
from tracking.config import POSTGRESQL, is_local, sqlite_path

N_LOCKS = 2**60
"""Locks by name are spread over so many numbers."""
POLL_SECONDS = 0.5


def lock_path(name: str) -> Path:
    """File that processes of this machine lock to take turns."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.lock"


@contextmanager
def run_lock(store_uri: str, *name: str, wait: bool = False) -> Iterator[bool]:
    """Locks `name` (such as a run's key) of a store for the block; yields whether it was free.

    With `wait` the block starts when the lock is free. A killed process loses its locks. A PostgreSQL store holds them
    itself; those of an SQLite store are in a file beside it, those of a server in the cache of this machine.
    """
    if store_uri.startswith(POSTGRESQL):
        lock = _postgres_lock(store_uri, _number(name), wait=wait)
    elif is_local(store_uri):
        store = sqlite_path(store_uri)
        lock = _file_lock(store.with_name(f"{store.name}.lock"), _number(name), wait=wait)
    else:
        lock = _file_lock(lock_path("runs"), _number((store_uri, *name)), wait=wait)
    with lock as is_ours:
        yield is_ours


def _number(name: tuple[str, ...]) -> int:
    return int(digest(name), 16) % N_LOCKS


@contextmanager
def _file_lock(path: Path, number: int, *, wait: bool) -> Iterator[bool]:
    """Locks one byte of the file, of which none is ever written: thousands of locks leave one file.

    Locks of one process do not nest: POSIX releases all locks that a process has on a file when it closes the file for
    the first time.
    """
    with path.open("wb") as file:

        def attempt() -> bool:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number, os.SEEK_SET)
            except (BlockingIOError, PermissionError):
                return False
            return True

        yield _taken(attempt, wait=wait)


@contextmanager
def _postgres_lock(uri: str, number: int, *, wait: bool) -> Iterator[bool]:
    """Holds an advisory lock of the database, which ends with the connection.

    Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    from sqlalchemy import create_engine, text  # here: other stores do without
    from sqlalchemy.pool import NullPool

    engine = create_engine(uri, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    attempt = text("SELECT pg_try_advisory_lock(:number)")
    with engine.connect() as connection:
        yield _taken(lambda: bool(connection.execute(attempt, {"number": number}).scalar()), wait=wait)


def _taken(attempt: Callable[[], bool], *, wait: bool) -> bool:
    """Whether the attempt succeeds, which is repeated with `wait`."""
    if wait:
        wait_until(attempt, POLL_SECONDS)
    return wait or attempt()


def wait_until(attempt: Callable[[], bool], seconds: float) -> None:
    """Repeats the attempt until it succeeds, with a pause of so many seconds: a call that waits sees no interrupt."""
    while not attempt():
        check_interrupt()
        time.sleep(seconds)
