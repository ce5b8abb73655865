"""Pools of workers, and the loop that hands tasks to them."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from benchmark.execution.outcome import Outcome
from benchmark.execution.tasks import Task


class WorkerPool(Protocol):
    """Does tasks side by side, here or elsewhere."""

    @property
    def is_busy(self) -> bool:
        """Whether any task goes on."""

    @property
    def has_capacity(self) -> bool:
        """Whether another one can be begun now."""

    def begin(self, task: Task) -> None: ...

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        """Waits until something is heard of those that go on; yields what each that ended came to.

        None where a task is to be done again.
        """

    def shutdown(self) -> None:
        """Interrupts what goes on; nothing is left behind."""


def outcomes(tasks: Iterable[Task], pool: WorkerPool) -> Iterator[Outcome]:
    """As tasks end. Closing it ends what goes on; a task that comes back waits behind the others."""
    waiting = deque(tasks)
    try:
        while waiting or pool.is_busy:
            while waiting and pool.has_capacity:
                pool.begin(waiting.popleft())
            for task, outcome in pool.poll():
                if outcome:
                    yield outcome
                else:
                    waiting.append(task)
    finally:
        pool.shutdown()
