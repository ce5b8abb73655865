"""Pools of workers, and the loop that hands tasks to them."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from benchmark.core.interrupts import check_interrupt
from benchmark.execution.run_status import Outcome
from benchmark.execution.tasks import Task


class WorkerPool(Protocol):
    """Runs tasks in parallel, on this machine or others."""

    at_once: int
    """Tasks that can run at the same time."""

    @property
    def n_running(self) -> int: ...

    def begin(self, task: Task) -> None: ...

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        """Waits for messages; yields each ended task with its outcome, or None if it has to be tried again."""

    def shutdown(self) -> None:
        """Interrupts running tasks and ends their processes."""


def outcomes(tasks: Iterable[Task], pool: WorkerPool) -> Iterator[Outcome]:
    """Outcomes as tasks end; a task to be tried again waits behind the others. Closing it interrupts running tasks."""
    waiting = deque(tasks)
    try:
        while waiting or pool.n_running:
            check_interrupt()
            while waiting and pool.n_running < pool.at_once:
                pool.begin(waiting.popleft())
            for task, outcome in pool.poll():
                if outcome:
                    yield outcome
                else:
                    waiting.append(task)
    finally:
        pool.shutdown()
