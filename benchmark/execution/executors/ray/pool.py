"""Ray nodes as a worker pool; the tasks of a lost node are run again."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import ray
import torch
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from benchmark.core.spec import RunSpec
from benchmark.execution.outcome import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 30.0
"""For interrupted runs to be kept as killed."""
TRIES = 3
"""Of a task whose node or process is lost."""


class RayPool:
    """A worker pool of Ray tasks."""

    def __init__(self, runner: Runner, needs: Mapping[str, float], at_once: int, on_epoch: OnRunEpoch) -> None:
        self._runner, self._at_once, self._on_epoch = runner, at_once, on_epoch
        self._under_way: dict[Any, Task] = {}
        self._losses: Counter[str] = Counter()
        self._inputs = ray.put(node_inputs(runner))
        self._epoch_queue = ray.remote(_EpochQueue).options(num_cpus=0, scheduling_strategy=_here()).remote()
        fresh = 1 if runner.limits.memory_mib else 0  # what a run leaves in memory is not held against the next one
        remote = ray.remote(max_retries=0, max_calls=fresh)(on_node)
        self._do = remote.options(**needs, scheduling_strategy="SPREAD")

    @property
    def is_busy(self) -> bool:
        return bool(self._under_way)

    @property
    def has_capacity(self) -> bool:
        return len(self._under_way) < self._at_once

    def begin(self, task: Task) -> None:
        self._under_way[self._do.remote(self._inputs, task, self._epoch_queue)] = task

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        ended, _ = ray.wait(list(self._under_way), timeout=POLL_SECONDS)
        self._tell_epochs()
        for reference in ended:
            task = self._under_way.pop(reference)
            yield task, self._answer(reference, task)

    def shutdown(self) -> None:
        """What is interrupted is kept as killed."""
        references = list(self._under_way)
        for force in (False, True):
            for reference in references:
                ray.cancel(reference, force=force)
            if references:
                _, references = ray.wait(references, num_returns=len(references), timeout=PATIENCE_SECONDS)
        for task in self._under_way.values():
            self._kill_left_over(task.spec)
        ray.kill(self._epoch_queue)

    def _tell_epochs(self) -> None:
        for spec, epoch in ray.get(self._epoch_queue.take.remote()):
            self._on_epoch(spec, epoch)

    def _answer(self, reference: Any, task: Task) -> Outcome | None:
        """What the task came to; None where it is to be done again."""
        try:
            outcome: Outcome | None = ray.get(reference)
            return outcome
        except OutOfMemoryError:
            self._kill_left_over(task.spec)
            return task.lost(self._runner, "Out of memory: Ray ended its process, as its node had no memory left.")
        except RayError as error:
            return self._again(task, error)

    def _again(self, task: Task, error: RayError) -> Outcome | None:
        """A run that has ended although its process could not say so is not done again: it looks itself."""
        self._kill_left_over(task.spec)
        self._losses[task.spec.key] += 1
        if self._losses[task.spec.key] < TRIES:
            return None
        if isinstance(error, RayTaskError):
            raise error.cause or error  # the store does not answer, there or anywhere
        said = " ".join(str(error).split())[:300]
        return task.lost(self._runner, f"Its process or node was lost {TRIES} times: {said}")

    def _kill_left_over(self, spec: RunSpec) -> None:
        """Of a process that is gone, the run and the trials of its grid."""
        for record in self._runner.store.running_records():
            of_spec = record.name == spec.name or record.name.startswith(f"{spec.name}.lr")
            if of_spec and record.tags.get("sweep") == self._runner.extra_tags["sweep"]:
                self._runner.store.resume(record.run_id).kill()


class _EpochQueue:
    """Epochs that tasks report, on the command's own node."""

    def __init__(self) -> None:
        self._epochs: list[tuple[RunSpec, int]] = []

    def tell(self, spec: RunSpec, epoch: int) -> None:
        self._epochs.append((spec, epoch))

    def take(self) -> list[tuple[RunSpec, int]]:
        epochs, self._epochs = self._epochs, []
        return epochs


def _here() -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(node_id=ray.get_runtime_context().get_node_id(), soft=False)


PASSED_ON = ("MLFLOW_", "AWS_", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE")
"""Beginnings of the variables that nodes are given; folders of their own, as BENCHMARK_CACHE, are none of these."""

NodeInputs = tuple[Runner, Path, Mapping[str, str]]
"""What a node is given beside its tasks: the folder that the command was typed in, and variables of its own."""


def node_inputs(runner: Runner) -> NodeInputs:
    return runner, Path.cwd(), {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}


_runners: dict[str, Runner] = {}
"""One a process: what it has loaded serves its next task too."""


def on_node(inputs: NodeInputs, task: Task, board: Any) -> Outcome | None:
    runner, folder, environment = inputs
    os.environ.update(environment)
    with suppress(OSError):  # another machine may lack the folder: what runs read of it was sent
        os.chdir(folder)
    sweep = runner.extra_tags["sweep"]
    if sweep not in _runners:
        _runners.clear()
        _runners[sweep] = runner
    torch.set_num_threads(runner.n_threads)  # of this phase, not of the one that the kept runner came with
    return task.run(_runners[sweep], lambda spec, epoch: board.tell.remote(spec, epoch))
