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
    """Limits per run; 0 is no limit. Memory is that of the run's process, libraries and data included."""

    memory_mib: int = 0
    minutes: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.memory_mib or self.minutes)

    def exceeded(self, memory_mib: float, minutes: float) -> str:
        """The limit that is exceeded and the remedy; empty if none is."""
        if self.memory_mib and memory_mib > self.memory_mib:
            return (
                f"Out of memory: its process held {memory_mib:.0f} MiB, and --max-memory allows {self.memory_mib}. "
                "Raise it, and add --retry-failed."
            )
        if self.minutes and minutes > self.minutes:
            return (
                f"Out of time: it took longer than the {self.minutes:g} minutes that --max-minutes allows. Raise "
                "it, or limit the work by --max-steps, and add --retry-failed."
            )
        return ""


NO_LIMITS = Limits()


@contextmanager
def enforced(limits: Limits, on_exceeded: Callable[[str], None]) -> Iterator[None]:
    """Ends this process when the block exceeds `limits`, after a call of `on_exceeded` with the reason.

    Runs with limits therefore need a process each. It ends at once: code that waits for memory, or is deep in a
    library, receives no exception.
    """
    if not limits:
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(limits, on_exceeded, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()  # a run that is being failed must not finish


def _watch(limits: Limits, on_exceeded: Callable[[str], None], done: threading.Event) -> None:
    process, began = psutil.Process(), time.monotonic()
    while not done.wait(POLL_SECONDS):
        reason = limits.exceeded(process.memory_info().rss / MIB, (time.monotonic() - began) / 60)
        if reason:
            try:
                on_exceeded(reason)
            finally:
                multiprocessing.util._run_finalizers()  # type: ignore[attr-defined]  # releases semaphores
                os._exit(EXCEEDED)
