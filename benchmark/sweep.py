"""Doing what is missing of a plan: teachers first, then their logits, then students, side by side where asked."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import torch

from benchmark.execute import Desk, Outcome, Watch
from benchmark.plan import Item, Request
from benchmark.rooms import Rooms
from benchmark.spec import RunSpec
from tracking import Record, Store


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


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a worker process needs to make its desk."""

    rooms: Rooms
    uri: str
    preset: str
    device: str
    n_threads: int

    @classmethod
    def of(cls, rooms: Rooms, store: Store, request: Request, n_threads: int) -> "Work":
        return cls(
            rooms=rooms, uri=store.uri, preset=request.preset_name, device=request.device, n_threads=n_threads
        )

    def desk(self) -> Desk:
        torch.set_num_threads(self.n_threads)
        return Desk(
            rooms=self.rooms, store=Store.open(self.uri), device=torch.device(self.device), preset=self.preset
        )


Done = Callable[[Outcome], None]


def sweep(items: list[Item], request: Request, rooms: Rooms, store: Store, jobs: int, watch: Watch, done: Done) -> None:
    """Executes `items` (those to be done), teachers before the students that read them.

    `watch` is told of each epoch, `done` of each outcome. A student whose teacher failed is not begun. With `jobs` > 1
    runs are executed in as many processes, each with its share of the cores.
    """
    teachers = [item.spec for item in items if item.spec.is_teacher]
    beside = min(jobs, len(teachers))
    work = Work.of(rooms, store, request, _threads(beside))
    for outcome in _executed(teachers, {}, work, beside, watch):
        done(outcome)
    f1_of_teachers = teachers_at_hand(items, work, store, request)
    students = [item.spec for item in items if not item.spec.is_teacher and item.spec.teacher_key in f1_of_teachers]
    work = Work.of(rooms, store, request, _threads(jobs))
    for outcome in _executed(students, f1_of_teachers, work, jobs, watch):
        done(outcome)


def teachers_at_hand(items: list[Item], work: Work, store: Store, request: Request) -> dict[str, float]:
    """Test F1 of each finished teacher that students wait for, its files and logits brought into place."""
    desk = work.desk()
    ledger = Ledger.read(store.records(request.suite.name))
    waiting = {item.spec.teacher_key: item.spec for item in items if not item.spec.is_teacher}
    pooled = {item.spec.teacher_key for item in items if item.spec.unlabeled}
    f1 = {}
    for key, spec in waiting.items():
        record = ledger.finished.get(key)
        if record:
            desk.fetch_teacher(record)
            desk.prepare_logits(spec, pool=key in pooled)
            f1[key] = record.metrics["test_f1"]
    return f1


def _threads(jobs: int) -> int:
    """Each process its share: more threads than cores make all of them wait."""
    return max(1, (os.cpu_count() or 1) // max(1, jobs))


def _executed(
    specs: list[RunSpec], f1_of_teachers: Mapping[str, float], work: Work, jobs: int, watch: Watch
) -> Iterator[Outcome]:
    if jobs <= 1 or len(specs) <= 1:
        desk = work.desk()
        yield from (desk.execute(spec, watch, f1_of_teachers.get(spec.teacher_key)) for spec in specs)
    else:
        yield from _side_by_side(specs, f1_of_teachers, work, jobs, watch)


_desk: Desk
_events: Any


def _sit_down(work: Work, events: Any) -> None:
    """In a new worker process."""
    global _desk, _events
    _desk, _events = work.desk(), events


def _in_worker(spec: RunSpec, teacher_test_f1: float | None) -> Outcome:
    return _desk.execute(spec, lambda spec, epoch: _events.put((spec, epoch)), teacher_test_f1)


def _side_by_side(
    specs: list[RunSpec], f1_of_teachers: Mapping[str, float], work: Work, jobs: int, watch: Watch
) -> Iterator[Outcome]:
    """Processes rather than threads: torch's thread pool is one a process."""
    context = get_context("spawn")
    with context.Manager() as manager:
        events = manager.Queue()
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_sit_down, initargs=(work, events))
        try:
            waiting = {pool.submit(_in_worker, spec, f1_of_teachers.get(spec.teacher_key)) for spec in specs}
            yield from _as_they_end(waiting, events, watch)
        finally:
            pool.shutdown(cancel_futures=True)


def _as_they_end(waiting: set[Future[Outcome]], events: Any, watch: Watch) -> Iterator[Outcome]:
    while waiting:
        ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        while not events.empty():
            watch(*events.get())
        yield from (future.result() for future in ended)
