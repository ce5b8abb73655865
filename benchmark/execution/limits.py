"""Memory and time limits per run; a run that exceeds one fails and its process ends."""

import multiprocessing.util
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

POLL_SECONDS = 0.25
EXCEEDED = 71
"""Exit code of a process that a limit ended."""
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """0 sets no limit. Memory is that of the run's process, libraries and data included."""

    memory_mib: int = 0
    minutes: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.memory_mib or self.minutes)

    def exceeded(self, memory_mib: float, minutes: float) -> str:
        """Which limit that is over and what to do; empty where it is over none."""
        if self.memory_mib and memory_mib > self.memory_mib:
            return (
                f"Out of memory: its process held {memory_mib:.0f} MiB, and --max-memory allows {self.memory_mib}. "
                "Raise it, and add --retry-failed."
            )
        if self.minutes and minutes > self.minutes:
            return (
                f"Out of time: it took longer than the {self.minutes:g} minutes that --max-minutes allows. Raise "
                "them, or bound the work by --max-steps, and add --retry-failed."
            )
        return ""


NO_LIMITS = Limits()


@contextmanager
def enforced(limits: Limits, tell: Callable[[str], None]) -> Iterator[None]:
    """Ends this process where what is done inside takes more than `limits`; `tell` is called with the reason before.

    A process of its own for each run that goes on is therefore wanted. It ends at once, since code that waits for
    memory, or is deep in a library, hears no exception.
    """
    if not limits:
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(limits, tell, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()  # a run that is being failed does not go on to finish


def _watch(limits: Limits, tell: Callable[[str], None], done: threading.Event) -> None:
    process, began = psutil.Process(), time.monotonic()
    while not done.wait(POLL_SECONDS):
        reason = limits.exceeded(process.memory_info().rss / MIB, (time.monotonic() - began) / 60)
        if reason:
            try:
                tell(reason)
            finally:
                multiprocessing.util._run_finalizers()  # type: ignore[attr-defined]  # semaphores are given back
                os._exit(EXCEEDED)
