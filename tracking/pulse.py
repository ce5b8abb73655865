"""Signs of life: a server's run that goes on is marked again and again, so that other machines know that it does."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from tracking.names import CHANGED
from tracking.provenance import OWNER, is_dead

if TYPE_CHECKING:
    from mlflow.entities import Run

BEAT_SECONDS = 60.0
ALIVE_MS = 5 * 60_000
"""A run that was marked within that time goes on."""
DEAD_MS = 20 * 60_000
"""One that was not marked for that long, through an outage too, has lost its process or its machine."""


class Pulse:
    """Of the runs of one process. Its thread lives while there are any, and asks nobody to wait for it."""

    def __init__(self, mark: Callable[[str], None] | None) -> None:
        """None for a store that no other machine writes to."""
        self._mark = mark
        self._runs: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def begin(self, run_id: str) -> None:
        if self._mark is None:
            return
        with self._lock:
            self._runs.add(run_id)
            if len(self._runs) == 1:
                self._ended = threading.Event()
                threading.Thread(target=self._beat, args=[self._mark, self._ended], daemon=True).start()

    def end(self, run_id: str) -> None:
        with self._lock:
            self._runs.discard(run_id)
            if not self._runs:
                self._ended.set()

    def _beat(self, mark: Callable[[str], None], ended: threading.Event) -> None:
        """A beat that does not arrive is left out: the next one counts as well."""
        while not ended.wait(BEAT_SECONDS):
            for run_id in list(self._runs):
                with suppress(Exception):
                    mark(run_id)


def is_alive(run: "Run", now: int) -> bool:
    """By the server's time. What is not marked yet may still be left to another that is."""
    return not is_dead(_owner(run)) and now - _marked(run) < ALIVE_MS


def is_stale(run: "Run", now: int | None) -> bool:
    """Of a run that has not ended: whether its process on this machine is gone, or no machine has been at it for long.

    `now` is the server's time, None where there is none. A run that never gave a sign is another's to judge.
    """
    silent = now is not None and _marked(run) > 0 and now - _marked(run) > DEAD_MS
    return silent or is_dead(_owner(run))


def _marked(run: "Run") -> int:
    return int(run.data.metrics.get(CHANGED, 0))


def _owner(run: "Run") -> str:
    return str(run.data.tags.get(OWNER, ""))
