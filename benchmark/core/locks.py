"""A lock per run: of all processes that share a cache folder, one at a time runs it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmark.core.cache import lock_path
from benchmark.core.spec import digest

SPAN = 2**60
"""Bytes of the lock file that locks are spread over; none is ever written."""


@contextmanager
def run_lock(*what: str, wait: bool = False) -> Iterator[bool]:
    """Whether `what` (texts, as a store's address and a run's key) is this process's alone while the block lasts.

    Where another process has it: False, or with `wait` the block begins when that one is through. The kernel frees
    the locks of a killed process. All are bytes of one file, so that thousands leave no litter. Within one
    process locks do not nest: POSIX gives up all of a process's locks on a file with the first that it closes.
    """
    with lock_path("runs").open("wb") as file:
        mode = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        try:
            fcntl.lockf(file, mode, 1, int(digest(what), 16) % SPAN, os.SEEK_SET)
        except (BlockingIOError, PermissionError):
            yield False
            return
        yield True
