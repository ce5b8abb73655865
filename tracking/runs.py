"""Runs of the store: `ActiveRun`, one that is being written, with its heartbeat, and `Record`, one that was read."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tracking.config import StoreError
from tracking.provenance import OWNER, is_dead
from tracking.scratch import scratch_folder
from tracking.ui import MetricGroups

if TYPE_CHECKING:
    from mlflow.entities import Run

    from tracking.client import Client
    from tracking.provenance import RunInput

Status = Literal["finished", "failed", "skipped", "running", "killed"]
STATUS: dict[str, Status] = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "killed"}
SUITE_TAG, PARENT_TAG = "suite", "mlflow.parentRunId"
CHANGED = "store/changed_at_ms"
"""Metric of a server's run: when it was last changed, by the server's clock in ms. No record has it."""
PARAM_LIMIT = 6000
TAG_LIMIT = 8000
"""Characters of a value in MLflow. A longer one is cut with a mark, and stored in full as a file of the run."""
LONG_VALUES = "long_values"
HEARTBEAT_SECONDS = 60.0
ALIVE_MS = 5 * 60_000
"""A run with a more recent heartbeat is running."""
STALE_MS = 20 * 60_000
"""A run without a heartbeat for longer than any outage has lost its process or its machine."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A run as it was read."""

    run_id: str
    suite: str
    name: str
    status: Status
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """Latest value by column; without those that were not measured."""
    start_time: int
    """Milliseconds since 1970."""
    end_time: int | None
    """Milliseconds since 1970; None while the run is active."""
    parent: str | None = None
    """Run id of the parent run."""

    @classmethod
    def of(cls, run: "Run", suite: str, groups: MetricGroups) -> "Record":
        """Record of MLflow's run."""
        tags, metrics = dict(run.data.tags), run.data.metrics.items()
        return cls(
            run_id=run.info.run_id,
            suite=suite,
            name=run.info.run_name,
            status=status_of(run.info.status, tags),
            tags=tags,
            params=dict(run.data.params),
            metrics={groups.column_name(name): x for name, x in metrics if name != CHANGED and math.isfinite(x)},
            start_time=run.info.start_time,
            end_time=run.info.end_time,
            parent=tags.get(PARENT_TAG),
        )

    @property
    def key(self) -> str:
        return self.tags.get("key", "")

    @property
    def seconds(self) -> float | None:
        """Duration; None while the run is active, or if the clock was set back meanwhile."""
        if self.end_time is None or self.end_time < self.start_time:
            return None
        return (self.end_time - self.start_time) / 1000


def status_of(status: str, tags: Mapping[str, str]) -> Status:
    """Status by MLflow's, which has no `skipped`: such a run is finished and has a tag."""
    if status == "FINISHED" and tags.get("status") == "skipped":
        return "skipped"
    return STATUS.get(status, "running")


class ActiveRun:
    """A run that is being written. Its status is written last, so it is finished only once `finish` has returned."""

    def __init__(self, client: "Client", run_id: str, not_before: int = 0) -> None:
        """`not_before` is the earliest time of its final metrics, in ms; see `Client.next_timestamp`."""
        self._client = client
        self._not_before = not_before
        self.run_id = run_id

    def is_deleted(self) -> bool:
        """Whether somebody deleted the run meanwhile: nothing can be stored with it then."""
        return self._client.is_deleted(self.run_id)

    def log_epoch(self, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Adds a point to each of the run's curves: `{"train_loss": 0.7}` is stored as `epoch/train_loss`."""
        points = {epoch_column(name): value for name, value in metrics.items()}
        self._client.log_point(self.run_id, points, epoch)

    def log_inputs(self, inputs: Sequence["RunInput"]) -> None:
        """Logs data sets that the run reads."""
        self._client.log_inputs(self.run_id, inputs)

    def log_artifacts(self, folder: Path, path: str = "") -> None:
        """Copies the content of `folder` into the run's folder `path`."""
        self._client.log_artifacts(self.run_id, folder, path)

    def log_texts(self, texts: Mapping[str, str]) -> None:
        """Stores each text as a file, `long_values/NAME.txt`."""
        if not texts:
            return
        with scratch_folder() as folder:
            for name, text in texts.items():
                (folder / f"{name.replace('/', '_')}.txt").write_text(text, encoding="utf-8")
            self.log_artifacts(folder, LONG_VALUES)

    def finish(self, metrics: Mapping[str, float | None], tags: Mapping[str, str] | None = None) -> None:
        """Logs the final metrics by column (None: not measured), and ends the run as finished."""
        self._end("FINISHED", "finished", tags or {}, metrics)

    def skip(self, reason: str) -> None:
        """Ends the run as one that cannot be run here."""
        self._end("FINISHED", "skipped", {"reason": reason})

    def fail(self, reason: str) -> None:
        """Ends the run as failed, unless somebody has deleted it: what made it fail is not to be hidden by that."""
        with self._unless_deleted():
            self._end("FAILED", "failed", {"reason": reason})

    def kill(self, reason: str = "") -> None:
        """Ends the run as interrupted, unless somebody has deleted it."""
        with self._unless_deleted():
            self._end("KILLED", "killed", {"reason": reason} if reason else {})

    @contextmanager
    def _unless_deleted(self) -> Iterator[None]:
        try:
            yield
        except StoreError:
            if not self.is_deleted():
                raise

    def _end(
        self,
        mlflow_status: str,
        status: Status,
        tags: Mapping[str, str],
        metrics: Mapping[str, float | None] | None = None,
    ) -> None:
        self._client.heartbeat.stop(self.run_id)
        short, long = cut_values({**tags, "status": status}, TAG_LIMIT)
        self.log_texts(long)
        self._client.log(self.run_id, metrics=metrics, tags=short, not_before=self._not_before)
        self._client.end_run(self.run_id, mlflow_status)


class Heartbeat:
    """Heartbeat of a process's runs, sent by a background thread while there are any."""

    def __init__(self, send: Callable[[str], None] | None) -> None:
        """`send` marks the run of an id as changed; None for an SQLite store, whose processes share a machine."""
        self._send = send
        self._runs: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def start(self, run_id: str) -> None:
        if self._send is None:
            return
        with self._lock:
            self._runs.add(run_id)
            if len(self._runs) == 1:
                self._stopped = threading.Event()
                threading.Thread(target=self._beat, args=[self._send, self._stopped], daemon=True).start()

    def stop(self, run_id: str) -> None:
        with self._lock:
            self._runs.discard(run_id)
            if not self._runs:
                self._stopped.set()

    def _beat(self, send: Callable[[str], None], stopped: threading.Event) -> None:
        """Errors are ignored: the next heartbeat makes up for a lost one."""
        while not stopped.wait(HEARTBEAT_SECONDS):
            for run_id in list(self._runs):
                with suppress(Exception):
                    send(run_id)


def is_alive(run: "Run", now: int) -> bool:
    """Whether an active run has a recent heartbeat; `now` is the server's time in ms."""
    return not is_dead(run.data.tags.get(OWNER, "")) and now - _last_change(run) < ALIVE_MS


def is_stale(run: "Run", now: int | None) -> bool:
    """Whether an active run has lost its process: it is dead, or its heartbeat stopped long ago.

    `now` is the server's time in ms, None without a server. A run that never had a heartbeat is not judged by it.
    """
    silent = now is not None and _last_change(run) > 0 and now - _last_change(run) > STALE_MS
    return silent or is_dead(run.data.tags.get(OWNER, ""))


def _last_change(run: "Run") -> int:
    return int(run.data.metrics.get(CHANGED, 0))


def epoch_column(name: str) -> str:
    """Column of a curve: `epoch/NAME`, unless the name has a group."""
    return name if "/" in name else f"epoch/{name}"


def cut_values(texts: Mapping[str, str], limit: int) -> tuple[dict[str, str], dict[str, str]]:
    """The texts cut to `limit` characters with a mark, and the whole texts of those that were longer."""
    long = {name: text for name, text in texts.items() if len(text) > limit}
    return {name: _cut(name, text, limit) for name, text in texts.items()}, long


def _cut(name: str, text: str, limit: int) -> str:
    mark = f" [... {len(text)} characters, whole in {LONG_VALUES}/{name}.txt]"
    return text if len(text) <= limit else text[: limit - len(mark)] + mark
