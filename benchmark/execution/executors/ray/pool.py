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
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task

POLL_SECONDS = 0.5
SHUTDOWN_SECONDS = 30.0
"""Time for interrupted runs to be stored as killed."""
TRIES = 3
"""Attempts at a task whose node or process is lost."""


class RayPool:
    """A worker pool of Ray tasks."""

    def __init__(self, runner: Runner, needs: Mapping[str, float], at_once: int, on_epoch: OnRunEpoch) -> None:
        self.at_once, self._runner, self._on_epoch = at_once, runner, on_epoch
        self._running: dict[Any, Task] = {}
        self._losses: Counter[str] = Counter()
        self._inputs = ray.put(node_inputs(runner))
        here = NodeAffinitySchedulingStrategy(node_id=ray.get_runtime_context().get_node_id(), soft=False)
        self._epoch_queue = ray.remote(_EpochQueue).options(num_cpus=0, scheduling_strategy=here).remote()
        fresh = 1 if runner.limits.memory_mib else 0  # memory that a run leaves behind does not count for the next
        remote = ray.remote(max_retries=0, max_calls=fresh)(on_node)
        self._do = remote.options(**needs, scheduling_strategy="SPREAD")

    @property
    def n_running(self) -> int:
        return len(self._running)

    def begin(self, task: Task) -> None:
        self._running[self._do.remote(self._inputs, task, self._epoch_queue)] = task

    def poll(self) -> Iterator[tuple[Task, Outcome | None]]:
        ended, _ = ray.wait(list(self._running), timeout=POLL_SECONDS)
        self._report_epochs()
        for reference in ended:
            task = self._running.pop(reference)
            yield task, self._outcome(reference, task)

    def shutdown(self) -> None:
        """Interrupted runs are stored as killed."""
        references = list(self._running)
        for force in (False, True):
            for reference in references:
                ray.cancel(reference, force=force)
            if references:
                _, references = ray.wait(references, num_returns=len(references), timeout=SHUTDOWN_SECONDS)
        for task in self._running.values():
            self._kill_left_over(task.spec)
        ray.kill(self._epoch_queue)

    def _report_epochs(self) -> None:
        for spec, epoch in ray.get(self._epoch_queue.take.remote()):
            self._on_epoch(spec, epoch)

    def _outcome(self, reference: Any, task: Task) -> Outcome | None:
        """Outcome of the task; None if it has to be tried again."""
        try:
            outcome: Outcome | None = ray.get(reference)
            return outcome
        except OutOfMemoryError:
            self._kill_left_over(task.spec)
            return task.lost(self._runner, "Out of memory: Ray ended its process, as its node had no memory left.")
        except RayError as error:
            return self._retry(task, error)

    def _retry(self, task: Task, error: RayError) -> Outcome | None:
        """None for another try: the task first looks whether its run has ended after all."""
        self._kill_left_over(task.spec)
        self._losses[task.spec.key] += 1
        if self._losses[task.spec.key] < TRIES:
            return None
        if isinstance(error, RayTaskError):
            raise error.cause or error  # the store does not answer
        said = " ".join(str(error).split())[:300]
        return task.lost(self._runner, f"Its process or node was lost {TRIES} times: {said}")

    def _kill_left_over(self, spec: RunSpec) -> None:
        """Stores the run of a lost process, and the trials of its search, as killed."""
        for record in self._runner.store.running_records():
            of_spec = record.name == spec.name or record.name.startswith(f"{spec.name}.lr")
            if of_spec and record.tags.get("sweep") == self._runner.extra_tags["sweep"]:
                self._runner.store.resume(record.run_id).kill()


class _EpochQueue:
    """Epochs that tasks have finished; an actor on the command's node."""

    def __init__(self) -> None:
        self._epochs: list[tuple[RunSpec, int]] = []

    def put(self, spec: RunSpec, epoch: int) -> None:
        self._epochs.append((spec, epoch))

    def take(self) -> list[tuple[RunSpec, int]]:
        epochs, self._epochs = self._epochs, []
        return epochs


PASSED_ON = ("MLFLOW_", "AWS_", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE")
"""Prefixes of variables that nodes receive; folders such as BENCHMARK_CACHE are each node's own."""

NodeInputs = tuple[Runner, Path, Mapping[str, str]]
"""Inputs of every task: runner, the command's working folder, and its environment variables."""


def node_inputs(runner: Runner) -> NodeInputs:
    return runner, Path.cwd(), {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}


_runners: dict[str, Runner] = {}
"""The process's runner by command: data that it has loaded serves the next task too."""


def on_node(inputs: NodeInputs, task: Task, epoch_queue: Any) -> Outcome | None:
    runner, folder, environment = inputs
    os.environ.update(environment)
    with suppress(OSError):  # another machine may lack the folder; input files were sent
        os.chdir(folder)
    sweep = runner.extra_tags["sweep"]
    if sweep not in _runners:
        _runners.clear()
        _runners[sweep] = runner
    torch.set_num_threads(runner.n_threads)  # of this phase: the runner kept may have come with another
    return task.run(_runners[sweep], lambda spec, epoch: epoch_queue.put.remote(spec, epoch))
