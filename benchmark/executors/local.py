"""Tasks one after another in this process, or side by side in processes of this machine."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing.connection import Connection, wait
from typing import cast

from benchmark.execute import Desk
from benchmark.executors.work import Task, Work
from benchmark.executors.worker import Worker
from benchmark.measuring.machine import usable_cores
from benchmark.outcome import Outcome, Watch
from benchmark.spec import RunSpec


@dataclass(frozen=True, kw_only=True)
class Local:
    """On this machine, at most `jobs` at once."""

    jobs: int = 1
    n_threads: int = 0
    """Of each process; 0 gives each its share of the cores."""

    def supplied(self, work: Work, specs: Sequence[RunSpec]) -> Work:  # noqa: ARG002
        """As it is: all lies here."""
        return work

    def execute(self, tasks: Sequence[Task], work: Work, watch: Watch) -> Generator[Outcome, None, None]:
        """In this process where there is one at a time and no limit that would end the process."""
        if not tasks:
            return
        at_once = min(self.jobs, len(tasks))
        work = replace(work, n_threads=self.n_threads or threads(at_once))
        if at_once == 1 and not work.limits:
            yield from _one_by_one(tasks, work.desk(), watch)
        else:
            yield from _Pool(tasks, work, at_once, watch).outcomes()


def threads(at_once: int) -> int:
    """Each process its share: more threads than cores make all of them wait."""
    return max(1, usable_cores() // at_once)


def _one_by_one(tasks: Sequence[Task], desk: Desk, watch: Watch) -> Iterator[Outcome]:
    waiting = deque(tasks)
    while waiting:
        task = waiting.popleft()
        outcome = task.run(desk, watch)
        if outcome:
            yield outcome
        else:
            waiting.append(task)


class _Pool:
    """Processes that take the next task when they are through with one. One that dies loses its task and no other."""

    def __init__(self, tasks: Sequence[Task], work: Work, at_once: int, watch: Watch) -> None:
        self._waiting = deque(tasks)
        self._work, self._at_once, self._watch = work, at_once, watch
        self._workers: list[Worker] = []

    def outcomes(self) -> Iterator[Outcome]:
        try:
            while self._hand_out():
                yield from filter(None, map(self._answer, self._heard()))
            for worker in self._workers:
                worker.leave()
        finally:
            self._end()

    @cached_property
    def _desk(self) -> Desk:
        return self._work.desk()

    def _hand_out(self) -> bool:
        """Whether anything goes on."""
        self._workers = [worker for worker in self._workers if worker.task or worker.is_alive]
        idle = [worker for worker in self._workers if not worker.task]
        while self._waiting and (idle or len(self._workers) < self._at_once):
            worker = idle.pop() if idle else self._new_worker()
            worker.give(self._waiting.popleft())
        return any(worker.task for worker in self._workers)

    def _new_worker(self) -> Worker:
        worker = Worker(self._work)
        self._workers.append(worker)
        return worker

    def _heard(self) -> list[Worker]:
        busy = {worker.pipe: worker for worker in self._workers if worker.task}
        return [busy[cast("Connection", pipe)] for pipe in wait(list(busy))]

    def _answer(self, worker: Worker) -> Outcome | None:
        """What the worker's task came to; None where it goes on or is to be asked for again."""
        task = worker.task
        assert task
        try:
            message = worker.receive()
        except (EOFError, OSError):
            worker.task = None
            return task.lost(self._desk, worker.why_it_ended())
        if isinstance(message, tuple):
            self._watch(*message)
            return None
        if isinstance(message, Exception):
            raise message
        self._take_back(worker, task if message is None else None)
        return message

    def _take_back(self, worker: Worker, again: Task | None) -> None:
        """What a run leaves in memory is not held against the next one."""
        worker.task = None
        if again:
            self._waiting.append(again)
        if self._work.limits.memory_mib:
            worker.leave()

    def _end(self) -> None:
        """Of those that have left already nothing is to be ended."""
        for worker in self._workers:
            worker.interrupt()
        for worker in self._workers:
            worker.end()
