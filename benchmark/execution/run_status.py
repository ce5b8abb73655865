"""The status of planned runs, which of them are pending, and the outcome of a run."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmark.core.spec import RunSpec
from benchmark.execution.plan import PlannedRun
from tracking import Record

OnRunEpoch = Callable[[RunSpec, int], None]
"""Called with the spec and the number of each epoch that has ended."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Final metrics of a run, or the reason of its failure."""

    spec: RunSpec
    run_id: str
    metrics: Mapping[str, float]
    failure: str = ""


@dataclass(kw_only=True)
class RunStatus:
    """Records of a plan's runs by key; the latest of each status counts."""

    finished: dict[str, Record] = field(default_factory=dict)
    failed: dict[str, Record] = field(default_factory=dict)
    skipped: dict[str, Record] = field(default_factory=dict)
    ended: dict[str, frozenset[str]] = field(default_factory=lambda: defaultdict(frozenset))
    """Ids of all ended runs of a key."""

    @classmethod
    def read(cls, records: Iterable[Record]) -> "RunStatus":
        """From a suite's records, oldest first, so that the latest counts."""
        run_status = cls()
        for record in records:
            if record.tags.get("role") in ("teacher", "train") and hasattr(run_status, record.status):
                getattr(run_status, record.status)[record.key] = record
                run_status.ended[record.key] |= {record.run_id}
        return run_status

    def state(self, item: PlannedRun) -> str:
        """done, failed, skipped or missing."""
        key = item.spec.key
        if key in self.finished:
            return "done"
        if item.skip_reason:
            return "skipped"
        return "failed" if key in self.failed else "missing"


def pending_runs(
    items: Sequence[PlannedRun], run_status: RunStatus, *, force: bool, retry_failed: bool
) -> list[PlannedRun]:
    """Runs to run now. A run that begins from one that failed and is not retried is not pending."""
    states = {"missing": True, "done": force, "failed": retry_failed or force, "skipped": False}
    ready, pending = set(run_status.finished), list[PlannedRun]()
    for item in items:  # a run stands behind those that it begins from
        if states[run_status.state(item)] and ready.issuperset(item.spec.required_keys):
            ready.add(item.spec.key)
            pending.append(item)
    return pending
