"""Tasks in this process, or in worker processes of this machine."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import cast

from benchmark.core.interrupts import check_interrupt
from benchmark.core.spec import RunSpec
from benchmark.execution.executors.pool import outcomes
from benchmark.execution.executors.worker import Worker
from benchmark.execution.run_status import OnRunEpoch, Outcome
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
        runner.n_threads = self.n_threads or threads(at_once)
        if at_once == 1 and not runner.limits:
            yield from _in_process(tasks, runner, on_epoch)
        else:
            yield from outcomes(tasks, _ProcessPool(runner, at_once, on_epoch))


def threads(at_once: int) -> int:
    """Threads of each of `at_once` processes: more threads than cores would slow all of them down."""
    return max(1, usable_cores() // at_once)


def _in_process(tasks: Iterable[Task], runner: Runner, on_epoch: OnRunEpoch) -> Iterator[Outcome]:
    """Outcomes of one task after another in this process, where an interrupted run stores itself as killed."""
    runner.set_threads()
    waiting = deque(tasks)
    while waiting:
        check_interrupt()
        task = waiting.popleft()
        if outcome := task.run(runner, on_epoch):
            yield outcome
        else:
            waiting.append(task)


class _ProcessPool:
    """Worker processes; one that dies loses its own task alone."""

    def __init__(self, runner: Runner, at_once: int, on_epoch: OnRunEpoch) -> None:
        self.at_once, self._runner, self._on_epoch = at_once, runner, on_epoch
        self._workers: list[Worker] = []

    @property
    def n_running(self) -> int:
        return len(self._busy)

    def begin(self, task: Task) -> None:
        self._workers = [worker for worker in self._workers if worker.task or worker.is_alive]
        idle = [worker for worker in self._workers if not worker.task]
        if not idle:
            idle = [Worker(self._runner)]
            self._workers += idle
        idle[0].give(task)

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
