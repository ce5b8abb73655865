"""The lock on a run: of all processes that share a cache folder, one at a time does it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmark.core.cache import lock_path
from benchmark.core.spec import digest

N_LOCKS = 2**60
"""Bytes of the lock file over which locks are spread; none is ever written."""


@contextmanager
def run_lock(*name: str, wait: bool = False) -> Iterator[bool]:
    """Locks `name` (such as a store's address and a run's key) for the block; yields whether it was free.

    With `wait` the block starts when the lock is free. The kernel releases the locks of a killed process. Every lock is
    one byte of the same file, so thousands of runs leave one file. Locks of one process do not nest: POSIX releases all
    locks that a process has on a file when it closes the file for the first time.
    """
    with lock_path("runs").open("wb") as file:
        mode = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        try:
            fcntl.lockf(file, mode, 1, int(digest(name), 16) % N_LOCKS, os.SEEK_SET)
        except (BlockingIOError, PermissionError):
            yield False
            return
        yield True
