"""Signs of life: a server's run that goes on is marked again and again, so that other machines know that it does."""

import threading
from collections.abc import Callable
from contextlib import suppress

BEAT_SECONDS = 60.0
ALIVE_MS = 5 * 60_000
"""A run that was marked within that time goes on."""
DEAD_MS = 20 * 60_000
"""One that was not marked for that long, through an outage too, has lost its process or its machine."""


class Pulse:
    """Of the runs of one process. Its thread lives while there are any, and asks nobody to wait for it."""

    def __init__(self, mark: Callable[[str], None]) -> None:
        self._mark = mark
        self._runs: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def begin(self, run_id: str) -> None:
        with self._lock:
            self._runs.add(run_id)
            if len(self._runs) == 1:
                self._ended = threading.Event()
                threading.Thread(target=self._beat, args=[self._ended], daemon=True).start()

    def end(self, run_id: str) -> None:
        with self._lock:
            self._runs.discard(run_id)
            if not self._runs:
                self._ended.set()

    def _beat(self, ended: threading.Event) -> None:
        """A beat that does not arrive is left out: the next one counts as well."""
        while not ended.wait(BEAT_SECONDS):
            for run_id in list(self._runs):
                with suppress(Exception):
                    self._mark(run_id)
