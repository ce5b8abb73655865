"""Tasks that executors run, and the interface of executors."""

import random
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmark.core.interrupts import check_interrupt
from benchmark.core.locks import run_lock
from benchmark.core.spec import RunSpec
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from tracking import Record

RETRY_SECONDS = 1.0
"""Mean pause before a run that another command is running is tried again."""


class Task(Protocol):
    """Work for one process. It is pickled on the way there."""

    @property
    def spec(self) -> RunSpec: ...

    def run(self, runner: Runner, on_epoch: OnRunEpoch) -> Outcome | None:
        """None where it cannot be done now and has to be tried again."""

    def lost(self, runner: Runner, reason: str) -> Outcome:
        """Outcome of a task whose process ended before it returned one; called in another process."""


class Executor(Protocol):
    """Runs tasks, several at once; a process that dies loses its own task alone."""

    def with_inputs(self, runner: Runner, specs: Sequence[RunSpec]) -> Runner:
        """The runner with the inputs of `specs` readable wherever the executor runs them."""

    def execute(self, tasks: Sequence[Task], runner: Runner, on_epoch: OnRunEpoch) -> Generator[Outcome, None, None]:
        """Yields each task's outcome as it ends. Closing the generator interrupts running tasks."""


@dataclass(frozen=True, kw_only=True)
class RunTask:
    """A planned run. Of all commands that share a store, one at a time runs it; the others take its outcome."""

    spec: RunSpec
    teacher: Record | None = None
    """The finished run of a student's teacher."""
    ignored: frozenset[str] = frozenset()
    """Ids of ended runs of the key that do not count."""

    def run(self, runner: Runner, on_epoch: OnRunEpoch) -> Outcome | None:
        with run_lock(runner.store.uri, self.spec.key) as is_ours:
            if is_ours and not runner.is_running_elsewhere(self.spec):
                outcome = runner.ended(self.spec, self.ignored) or runner.run(self.spec, self.teacher, on_epoch)
                if outcome:
                    return outcome
        check_interrupt()
        time.sleep(random.uniform(0.5, 1.5) * RETRY_SECONDS)
        return None

    def lost(self, runner: Runner, reason: str) -> Outcome:
        return runner.ended(self.spec, self.ignored) or runner.fail(self.spec, reason)


@dataclass(frozen=True, kw_only=True)
class TeacherOutputsTask:
    """The teacher's outputs that a student of `spec` reads."""

    spec: RunSpec
    teacher: Record

    def run(self, runner: Runner, on_epoch: OnRunEpoch) -> Outcome | None:  # noqa: ARG002
        return self._outcome(runner.ensure_teacher_outputs(self.spec, self.teacher))

    def lost(self, runner: Runner, reason: str) -> Outcome:  # noqa: ARG002
        return self._outcome(reason)

    def _outcome(self, failure: str) -> Outcome:
        return Outcome(spec=self.spec, run_id=self.teacher.run_id, metrics={}, failure=failure)
