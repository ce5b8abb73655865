"""Tasks in this process, or in worker processes of this machine."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import cast

from benchmark.core.spec import RunSpec
from benchmark.execution.executors.pool import outcomes
from benchmark.execution.executors.worker import Worker
from benchmark.execution.outcome import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task
from benchmark.measurement.machine import usable_cores


@dataclass(frozen=True, kw_only=True)
class LocalExecutor:
    """Runs at most `jobs` tasks at once on this machine."""

    jobs: int = 1
    n_threads: int = 0
    """Threads per process; 0 divides the cores among the processes."""

    def with_inputs(self, runner: Runner, specs: Sequence[RunSpec]) -> Runner:  # noqa: ARG002
        """The runner itself: everything lies on this machine."""
        return runner

    def execute(self, tasks: Sequence[Task], runner: Runner, on_epoch: OnRunEpoch) -> Generator[Outcome, None, None]:
        """Runs tasks in this process where one runs at a time and no limit would end the process."""
        if not tasks:
            return
        at_once = min(self.jobs, len(tasks))
        in_process = at_once == 1 and not runner.limits
        runner.n_threads = self.n_threads or threads(at_once)
        yield from outcomes(
            tasks, _InProcessPool(runner, on_epoch) if in_process else _ProcessPool(runner, at_once, on_epoch)
        )


def threads(at_once: int) -> int:
    """Threads of each of `at_once` processes: more threads than cores would slow all of them down."""
    return max(1, usable_cores() // at_once)


class _InProcessPool:
    """One task at a time in this process."""

    def __init__(self, runner: Runner, on_epoch: OnRunEpoch) -> None:
        self._runner, self._on_epoch = runner, on_epoch
        runner.set_threads()
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
        yield task, task.run(self._runner, self._on_epoch)

    def shutdown(self) -> None:
        """Nothing to do: an interrupted run stores itself as killed."""


class _ProcessPool:
    """Worker processes; one that dies loses its own task alone."""

    def __init__(self, runner: Runner, at_once: int, on_epoch: OnRunEpoch) -> None:
        self._runner, self._at_once, self._on_epoch = runner, at_once, on_epoch
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
            yield from self._receive(busy[cast("Connection", pipe)])

    def shutdown(self) -> None:
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

    def _new_worker(self) -> Worker:
        worker = Worker(self._runner)
        self._workers.append(worker)
        return worker

    def _receive(self, worker: Worker) -> Iterator[tuple[Task, Outcome | None]]:
        """The outcome of the worker's task; nothing while it runs."""
        task = worker.task
        assert task
        try:
            message = worker.receive()
        except (EOFError, OSError):
            worker.task = None
            yield task, task.lost(self._runner, worker.why_it_ended())
            return
        if isinstance(message, tuple):
            self._on_epoch(*message)
        elif isinstance(message, Exception):
            raise message
        else:
            self._release(worker)
            yield task, message

    def _release(self, worker: Worker) -> None:
        """Under a memory limit every run gets a process of its own, free of what earlier runs left in memory."""
        worker.task = None
        if self._runner.limits.memory_mib:
            worker.leave()
