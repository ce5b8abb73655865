"""One remembered run, as read back from the store."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tracking.names import CHANGED, column_name

if TYPE_CHECKING:
    from mlflow.entities import Run

Status = Literal["finished", "failed", "skipped", "running", "killed"]
STATUS: dict[str, Status] = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "killed"}
SUITE_TAG, PARENT_TAG = "suite", "mlflow.parentRunId"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run of the store. `metrics` holds the latest value by column name; what was not measured is absent."""

    run_id: str
    suite: str
    name: str
    status: Status
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    start_time: int
    """Milliseconds since 1970."""
    end_time: int | None
    """Milliseconds since 1970; None while the run goes on."""
    parent: str | None = None
    """Run id of the run that this one belongs to."""

    @property
    def key(self) -> str:
        return self.tags.get("key", "")

    @property
    def seconds(self) -> float | None:
        """From start to end; None while the run goes on, and where the clock was set back meanwhile."""
        if self.end_time is None or self.end_time < self.start_time:
            return None
        return (self.end_time - self.start_time) / 1000


def status_of(status: str, tags: Mapping[str, str]) -> Status:
    """MLflow has no word for skipped: such a run is finished and tagged."""
    if status == "FINISHED" and tags.get("status") == "skipped":
        return "skipped"
    return STATUS.get(status, "running")


def record_of(run: "Run", suite: str) -> Record:
    """As a server or mlflow gives it."""
    tags = dict(run.data.tags)
    figures = {name: value for name, value in run.data.metrics.items() if name != CHANGED and math.isfinite(value)}
    return Record(
        run_id=run.info.run_id,
        suite=suite,
        name=run.info.run_name,
        status=status_of(run.info.status, tags),
        tags=tags,
        params=dict(run.data.params),
        metrics={column_name(name): value for name, value in figures.items()},
        start_time=run.info.start_time,
        end_time=run.info.end_time,
        parent=tags.get(PARENT_TAG),
    )
