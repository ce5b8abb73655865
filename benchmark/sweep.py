"""Doing what is missing of a plan: teachers first, then their logits, then students, side by side where asked."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast

from benchmark.execute import Outcome, Watch
from benchmark.plan import Item, Request
from benchmark.rooms import Rooms
from benchmark.settings import Source
from benchmark.workers import Work, executed, threads
from tracking import Record, Store

Done = Callable[[Outcome], None]


@dataclass(kw_only=True)
class Ledger:
    """What is known of the runs of a plan: by key, the record that counts."""

    finished: dict[str, Record] = field(default_factory=dict)
    failed: dict[str, Record] = field(default_factory=dict)
    skipped: dict[str, Record] = field(default_factory=dict)

    @classmethod
    def read(cls, records: Iterable[Record]) -> "Ledger":
        """From a suite's records, oldest first, so that the latest counts."""
        ledger = cls()
        for record in records:
            if record.tags.get("role") in ("teacher", "train") and hasattr(ledger, record.status):
                getattr(ledger, record.status)[record.key] = record
        return ledger

    def state(self, item: Item) -> str:
        """done, failed, skipped or missing."""
        key = item.spec.key
        if key in self.finished:
            return "done"
        if item.skip_reason:
            return "skipped"
        return "failed" if key in self.failed else "missing"


def due_items(items: Sequence[Item], ledger: Ledger, *, force: bool, retry_failed: bool) -> list[Item]:
    """Those to be done now. A student whose teacher failed and is not to be tried again waits for it."""
    states = {"missing": True, "done": force, "failed": retry_failed or force, "skipped": False}
    due = [item for item in items if states[ledger.state(item)]]
    teachers = {item.spec.key for item in due if item.spec.is_teacher} | ledger.finished.keys()
    return [item for item in due if item.spec.is_teacher or item.spec.teacher_key in teachers]


def sweep(items: list[Item], request: Request, rooms: Rooms, store: Store, jobs: int, watch: Watch, done: Done) -> None:
    """Executes `items` (those to be done), teachers before the students that read them.

    `watch` is told of each epoch, `done` of each outcome. A student whose teacher failed is not begun. With `jobs` > 1
    runs are executed in as many processes, each with its share of the cores.
    """
    teachers = [item.spec for item in items if item.spec.is_teacher]
    beside = min(jobs, len(teachers))
    work = Work.of(rooms, store, request, threads(beside))
    _tell_each(executed(teachers, {}, work, beside, watch), done)
    f1_of_teachers = teachers_at_hand(items, work, store, request)
    students = [item.spec for item in items if not item.spec.is_teacher and item.spec.teacher_key in f1_of_teachers]
    work = Work.of(rooms, store, request, threads(jobs))
    _tell_each(executed(students, f1_of_teachers, work, jobs, watch), done)


def _tell_each(outcomes: Generator[Outcome, None, None], done: Done) -> None:
    """Closed whatever happens, so that an interrupt ends the worker processes at once."""
    with closing(outcomes):
        for outcome in outcomes:
            done(outcome)


def teachers_at_hand(items: list[Item], work: Work, store: Store, request: Request) -> dict[str, float]:
    """Test F1 of each finished teacher that students wait for, its files and logits brought into place."""
    desk = work.desk()
    ledger = Ledger.read(store.records(request.suite.name))
    waiting = {item.spec.teacher_key: item.spec for item in items if not item.spec.is_teacher}
    sources: dict[str, set[Source]] = defaultdict(set)
    for spec in (item.spec for item in items if item.spec.unlabeled):
        sources[spec.teacher_key].add(cast(Source, spec.text_source))
    f1 = {}
    for key, spec in waiting.items():
        record = ledger.finished.get(key)
        if record:
            desk.fetch_teacher(record)
            desk.prepare_logits(spec, sorted(sources[key]))
            f1[key] = record.metrics["test_f1"]
    return f1
