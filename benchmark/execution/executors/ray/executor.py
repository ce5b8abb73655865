"""The same tasks on a Ray cluster: one Ray task each, with its cores and GPU; what a lost node was at is done again.

A node keeps a cache as the command's machine does. Data, what runs come to, and what teachers hand to students go
through the tracking store, which every node has to reach.
"""

import socket
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
import torch

from benchmark.core.errors import InputError
from benchmark.core.spec import RunSpec
from benchmark.execution.executors.pool import outcomes
from benchmark.execution.executors.ray.pool import RayPool
from benchmark.execution.executors.ray.upload_inputs import upload_inputs
from benchmark.execution.outcome import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task
from tracking.config import is_local
from tracking.provenance import command, git_commit


@dataclass(frozen=True, kw_only=True)
class RayExecutor:
    """Runs tasks on the nodes of the cluster that this process is connected to."""

    jobs: int | None = None
    """Tasks at once; None leaves it to the cores and GPUs."""
    is_joined: bool = False
    """Whether it was there before: its nodes are sent code and files of this machine, whatever they have."""

    def with_inputs(self, runner: Runner, specs: Sequence[RunSpec]) -> Runner:
        """The runner with its input files stored where nodes can fetch them. Raises what `upload_inputs` raises."""
        require_reachable(runner.store_uri)
        if not self.is_joined:
            return runner
        return replace(runner, suite_data=upload_inputs(runner.suite_data, specs, runner.store))

    def execute(self, tasks: Sequence[Task], runner: Runner, on_epoch: OnRunEpoch) -> Generator[Outcome, None, None]:
        if not tasks:
            return
        needs = needs_of(len(tasks), runner.device)
        tags = (
            dict(runner.extra_tags) | {"command": command()} | ({"git_commit": git_commit()} if self.is_joined else {})
        )
        runner = replace(runner, n_threads=int(needs["num_cpus"]), extra_tags=tags)
        yield from outcomes(tasks, RayPool(runner, needs, self.jobs or len(tasks), on_epoch))


def require_reachable(uri: str) -> None:
    """Raises InputError where other machines are asked to write into an SQLite file of this one."""
    others = sorted({node["NodeManagerHostname"] for node in _nodes()} - {socket.gethostname()})
    if is_local(uri) and others:
        raise InputError(
            f"The runs are kept in {uri}, a file of this machine that the nodes {', '.join(others)} do not reach. "
            "Start the tracking server (docker-compose.yml) and name it by --tracking-uri or in mlflow.yml."
        )


def needs_of(n_tasks: int, device: str) -> dict[str, float]:
    """Cores and GPUs of each of so many tasks: all there is where they are few, and never more than any node has."""
    cores = [int(node["Resources"].get("CPU", 0)) for node in _nodes()]
    fair = sum(cores) // n_tasks
    smallest = min((n for n in cores if n), default=1)
    on_gpu = torch.device(device).type == "cuda"
    if on_gpu and not any(node["Resources"].get("GPU") for node in _nodes()):
        raise InputError(f"--device {device} was asked for, but no node of the cluster has a GPU. Use --device cpu.")
    return {"num_cpus": max(1, min(fair, smallest)), "num_gpus": float(on_gpu)}


def _nodes() -> list[Mapping[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]
