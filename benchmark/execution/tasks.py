"""What is to be done, and what a process needs to do it."""

import random
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from benchmark.core.locks import run_lock
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.limits import NO_LIMITS, Limits
from benchmark.execution.outcome import Outcome, Watch
from benchmark.execution.plan import BenchmarkConfig
from benchmark.execution.runner import Runner
from tracking import Record, Store

BUSY_SECONDS = 1.0
"""Before a run that another command is at is asked for again."""


@dataclass(frozen=True, kw_only=True)
class RunnerConfig:
    """What a process needs to make its desk."""

    suite_data: SuiteData
    uri: str
    preset: str
    device: str
    n_threads: int
    limits: Limits = NO_LIMITS
    origin: Mapping[str, str] = field(default_factory=lambda: {"sweep": uuid.uuid4().hex})
    """Tags by which the runs of one command are found again."""

    @classmethod
    def of(
        cls,
        suite_data: SuiteData,
        store: Store,
        request: BenchmarkConfig,
        *,
        n_threads: int = 1,
        limits: Limits = NO_LIMITS,
    ) -> "RunnerConfig":
        return cls(
            suite_data=suite_data,
            uri=store.uri,
            preset=request.preset_name,
            device=request.device,
            n_threads=n_threads,
            limits=limits,
        )

    def runner(self) -> Runner:
        torch.set_num_threads(self.n_threads)
        return Runner(
            suite_data=self.suite_data,
            store=open_store(self.uri),
            device=torch.device(self.device),
            preset=self.preset,
            limits=self.limits,
            origin=self.origin,
        )


class Task(Protocol):
    """One thing to be done by a process at its desk. It is pickled on the way there."""

    @property
    def spec(self) -> RunSpec: ...

    def run(self, runner: Runner, watch: Watch) -> Outcome | None:
        """None where it cannot be done now, and is to be asked for again."""

    def lost(self, runner: Runner, reason: str) -> Outcome:
        """What it came to where its process ended before it said so; done at another desk."""


class Executor(Protocol):
    """Does tasks somewhere, as many at once as there is room for; a task whose process dies is the only one lost."""

    def supplied(self, work: RunnerConfig, specs: Sequence[RunSpec]) -> RunnerConfig:
        """The same work, with what runs of `specs` read made readable wherever they are done."""

    def execute(self, tasks: Sequence[Task], work: RunnerConfig, watch: Watch) -> Generator[Outcome, None, None]:
        """Yields each outcome as its task ends; `watch` is told of each epoch. Closing it ends what goes on."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of the plan. Of all commands that keep their runs in one place one at a time does it; the others take what
    came of it."""

    spec: RunSpec
    teacher: Record | None = None
    """The finished run of a student's teacher."""
    known: frozenset[str] = frozenset()
    """Ids of the ended runs of its key that it is to be done in spite of."""

    def run(self, runner: Runner, watch: Watch) -> Outcome | None:
        with run_lock(runner.store.uri, self.spec.key) as is_ours:
            if is_ours and not runner.is_elsewhere(self.spec):
                outcome = runner.ended(self.spec, self.known) or runner.execute(self.spec, watch, self.teacher)
                if outcome:
                    return outcome
        time.sleep(random.uniform(0.5, 1.5) * BUSY_SECONDS)
        return None

    def lost(self, runner: Runner, reason: str) -> Outcome:
        return runner.ended(self.spec, self.known) or runner.fail(self.spec, reason)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """The logits of a student's teacher, over all splits or over the pool."""

    spec: RunSpec
    teacher: Record
    pool: bool

    def run(self, runner: Runner, watch: Watch) -> Outcome | None:  # noqa: ARG002
        return self._outcome(runner.ensure_teacher_outputs(self.spec, self.teacher, pool=self.pool))

    def lost(self, runner: Runner, reason: str) -> Outcome:  # noqa: ARG002
        return self._outcome(reason)

    def _outcome(self, failure: str) -> Outcome:
        return Outcome(spec=self.spec, run_id=self.teacher.run_id, metrics={}, failure=failure)
