"""What a server's runs were when they were last read, so that a later reading asks for what has changed alone.

A server makes an object of every metric, tag and parameter, which takes it most of a minute for 10,000 runs. Whatever
this package does to a run therefore sets the metric CHANGED to the server's own time (the `Date` of its answers): no
client's clock takes part. A reading asks for the runs that changed since the last one, those that have begun since or
go on, and those that were last seen going on or deleted. What others change without CHANGED, as a tag that is set by
hand in the UI, is seen when all is read anew, once a day.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tracking import memory
from tracking.memory import Seen
from tracking.names import CHANGED
from tracking.record import Record, record_of

if TYPE_CHECKING:
    from tracking.client import Client

MARGIN_MS = 300_000
"""How much later than its CHANGED a change may arrive: longer than mlflow asks again for one request."""
WHOLE_MS = 86_400_000
"""After which all is read anew."""
AT_ONCE = 100
"""Runs that one question names."""
GOING_ON = "attributes.status = 'RUNNING'"
BUSY = "locked"

Answer = TypeVar("Answer")


class Remembered:
    """The runs of one server."""

    def __init__(self, client: "Client", folder: Path) -> None:
        self._client = client
        what = f"{client.uri} {memory.TABLES} {[field.name for field in fields(Record)]}"
        self._path = folder / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.sqlite"

    def records(self, experiment: str, suite: str) -> list[Record]:
        """The experiment's runs, oldest first."""
        now = self._client.server_time()
        found = None if now is None else self._tried(lambda: self._read(experiment, suite, now))
        return _in_order(seen.record for seen in self._ask(experiment, suite).values()) if found is None else found

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(step, value) of each point of a curve, in no order; `metric` is MLflow's name."""
        told = self.text(run_id, f"curve {metric}", lambda: json.dumps(self._client.history(run_id, metric)))
        return [(step, value) for step, value in json.loads(told)]

    def text(self, run_id: str, name: str, read: Callable[[], str]) -> str:
        """What `read` returns; of a run that has ended and is left alone it is called once."""
        known = self._tried(lambda: self._kept(run_id, name))
        if known is not None:
            return known
        text = read()
        self._tried(lambda: self._keep(run_id, name, text))
        return text

    def _read(self, experiment: str, suite: str, now: int) -> list[Record]:
        """The server is asked outside of a transaction: another process would wait for it."""
        place = f"{experiment} of {self._client.created(experiment)}"
        with memory.opened(self._path) as file:
            whole, latest = memory.last_reading(file, place) or (-WHOLE_MS, 0)
            doubtful = memory.open_runs(file, place)
        if latest <= now < whole + WHOLE_MS:
            seen = self._changed(experiment, suite, latest - MARGIN_MS, doubtful)
        else:
            whole, seen = now, self._ask(experiment, suite)
        deleted = self._ask(experiment, suite, view="deleted")
        with memory.opened(self._path) as file:
            memory.keep_runs(file, place, [*seen.values(), *deleted.values()], whole, now)
            return _in_order(memory.kept_runs(file, place))

    def _changed(self, experiment: str, suite: str, since: int, doubtful: set[str]) -> dict[str, Seen]:
        changed: dict[str, Seen] = {}
        for query in (f"metrics.`{CHANGED}` >= {since}", f"attributes.start_time >= {since}", GOING_ON):
            changed |= self._ask(experiment, suite, query)
        unknown = sorted(doubtful - changed.keys())
        for start in range(0, len(unknown), AT_ONCE):
            names = ", ".join(f"'{run_id}'" for run_id in unknown[start : start + AT_ONCE])
            changed |= self._ask(experiment, suite, f"attributes.run_id IN ({names})")
        return changed

    def _ask(self, experiment: str, suite: str, query: str = "", view: str = "active") -> dict[str, Seen]:
        runs = self._client.runs([experiment], query, view=view)
        marked = ((run, int(run.data.metrics.get(CHANGED, 0))) for run in runs)
        return {run.info.run_id: Seen(record_of(run, suite), mark, view == "deleted") for run, mark in marked}

    def _kept(self, run_id: str, name: str) -> str | None:
        with memory.opened(self._path) as file:
            return memory.kept_text(file, run_id, name)

    def _keep(self, run_id: str, name: str, text: str) -> None:
        with memory.opened(self._path) as file:
            memory.keep_text(file, run_id, name, text, MARGIN_MS)

    def _tried(self, ask: Callable[[], Answer]) -> Answer | None:
        """None where the file is damaged, which ends it, cannot be written, or is another process's for long."""
        try:
            return ask()
        except (sqlite3.Error, OSError, ValueError) as error:
            if BUSY not in str(error):
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)
            return None


def _in_order(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (record.start_time, record.run_id))
