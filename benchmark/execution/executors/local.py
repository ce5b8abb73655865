"""Tasks one after another in this process, or side by side in processes of this machine."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing.connection import Connection, wait
from typing import cast

from benchmark.core.spec import RunSpec
from benchmark.execution.executors.pool import outcomes
from benchmark.execution.executors.worker import Worker
from benchmark.execution.outcome import Outcome, Watch
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import RunnerConfig, Task
from benchmark.measurement.machine import usable_cores


@dataclass(frozen=True, kw_only=True)
class LocalExecutor:
    """On this machine, at most `jobs` at once."""

    jobs: int = 1
    n_threads: int = 0
    """Of each process; 0 gives each its share of the cores."""

    def supplied(self, work: RunnerConfig, specs: Sequence[RunSpec]) -> RunnerConfig:  # noqa: ARG002
        """As it is: all lies here."""
        return work

    def execute(self, tasks: Sequence[Task], work: RunnerConfig, watch: Watch) -> Generator[Outcome, None, None]:
        """In this process where there is one at a time and no limit that would end the process."""
        if not tasks:
            return
        at_once = min(self.jobs, len(tasks))
        work = replace(work, n_threads=self.n_threads or threads(at_once))
        alone = at_once == 1 and not work.limits
        yield from outcomes(
            tasks, _InProcessPool(work.runner(), watch) if alone else _ProcessPool(work, at_once, watch)
        )


def threads(at_once: int) -> int:
    """Each process its share: more threads than cores make all of them wait."""
    return max(1, usable_cores() // at_once)


class _InProcessPool:
    """This process itself, one task at a time."""

    def __init__(self, runner: Runner, watch: Watch) -> None:
        self._runner, self._watch = runner, watch
        self._tasks: list[Task] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._tasks)

    @property
    def has_capacity(self) -> bool:
        return not self._tasks

    def begin(self, task: Task) -> None:
        self._tasks.append(task)

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        task = self._tasks.pop()
        yield task, task.run(self._runner, self._watch)

    def end(self) -> None:
        """A run that is interrupted says so itself."""


class _ProcessPool:
    """Processes that take the next task when they are through with one. One that dies loses its task and no other."""

    def __init__(self, work: RunnerConfig, at_once: int, watch: Watch) -> None:
        self._work, self._at_once, self._watch = work, at_once, watch
        self._workers: list[Worker] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._busy)

    @property
    def has_capacity(self) -> bool:
        return len(self._busy) < self._at_once

    def begin(self, task: Task) -> None:
        self._workers = [worker for worker in self._workers if worker.task or worker.is_alive]
        idle = [worker for worker in self._workers if not worker.task]
        (idle[0] if idle else self._new_worker()).give(task)

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        busy = {worker.pipe: worker for worker in self._busy}
        for pipe in wait(list(busy)):
            yield from self._answer(busy[cast("Connection", pipe)])

    def end(self) -> None:
        busy = self._busy
        for worker in busy:
            worker.interrupt()
        for worker in busy:
            worker.end()
        for worker in self._workers:
            if worker not in busy:
                worker.leave()

    @property
    def _busy(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.task]

    @cached_property
    def _runner(self) -> Runner:
        return self._work.runner()

    def _new_worker(self) -> Worker:
        worker = Worker(self._work)
        self._workers.append(worker)
        return worker

    def _answer(self, worker: Worker) -> Iterator[tuple[Task, Outcome | None]]:
        """What the worker's task came to; nothing while it goes on."""
        task = worker.task
        assert task
        try:
            message = worker.receive()
        except (EOFError, OSError):
            worker.task = None
            yield task, task.lost(self._runner, worker.why_it_ended())
            return
        if isinstance(message, tuple):
            self._watch(*message)
        elif isinstance(message, Exception):
            raise message
        else:
            self._take_back(worker)
            yield task, message

    def _take_back(self, worker: Worker) -> None:
        """What a run leaves in memory is not held against the next one."""
        worker.task = None
        if self._work.limits.memory_mib:
            worker.leave()
