"""An executor that runs each task as a Ray task, and its connection to a cluster.

Each node has a cache, as the command's machine has. Input files, finished runs and teacher outputs pass through the
tracking store, which every node has to reach.
"""

import os
import secrets
import signal
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import ray
import torch

import benchmark
import students
import tracking
from benchmark.core.errors import InputError
from benchmark.core.spec import RunSpec
from benchmark.execution.executors.pool import outcomes
from benchmark.execution.executors.ray.pool import RayPool
from benchmark.execution.executors.ray.upload_inputs import upload_inputs
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Task
from tracking import environment, without_password
from tracking.config import is_local
from tracking.provenance import command, git_commit


@dataclass(frozen=True, kw_only=True)
class RayExecutor:
    """Runs tasks on the nodes of the cluster that this process is connected to."""

    jobs: int | None = None
    """Maximum parallel tasks; None: as many as cores and GPUs allow."""
    is_joined: bool = False
    """Whether the cluster ran before the command: its nodes then receive this machine's code and input files."""

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
    """Raises InputError if the store is an SQLite file of this machine and the cluster has other machines."""
    others = sorted({node["NodeManagerHostname"] for node in _nodes()} - {socket.gethostname()})
    if is_local(uri) and others:
        raise InputError(
            f"The run store {uri} is a file of this machine, which the nodes {', '.join(others)} cannot reach. "
            "Start the tracking server (docker-compose.yml) and name it by --tracking-uri or in mlflow.yml."
        )


def needs_of(n_tasks: int, device: str) -> dict[str, float]:
    """Cores and GPUs per task: an equal share of the cluster's, at most what its smallest node has."""
    cores = [int(node["Resources"].get("CPU", 0)) for node in _nodes()]
    share = sum(cores) // n_tasks
    smallest = min((n for n in cores if n), default=1)
    on_gpu = torch.device(device).type == "cuda"
    if on_gpu and not any(node["Resources"].get("GPU") for node in _nodes()):
        raise InputError(f"--device {device} needs a GPU, and no node of the cluster has one. Use --device cpu.")
    return {"num_cpus": max(1, min(share, smallest)), "num_gpus": float(on_gpu)}


def _nodes() -> list[Mapping[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]


PACKAGES = (benchmark, students, tracking)
"""Packages sent to the nodes, which therefore run the command's code; their dependencies are installed there."""
TOKEN, TOKEN_PATH, MODE = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"
"""Ray's variables for the token with which processes join a cluster."""


@contextmanager
def connected(address: str | None, jobs: int | None) -> Iterator["RayExecutor"]:
    """The cluster at `address`; without an address, a local cluster that ends with the block.

    A local cluster listens on all network interfaces, and Ray's default token is a file in the home folder that never
    changes. So it gets a random one, unless the user has set one: it exists in the cluster's processes alone and ends
    with them. Raises InputError if no cluster answers.
    """
    before, has_token = signal.getsignal(signal.SIGTERM), os.environ.get(TOKEN) or os.environ.get(TOKEN_PATH)
    token = None if address or has_token else _token()
    with environment({TOKEN: token, TOKEN_PATH: None, MODE: None}):  # Ray sets the mode: it reads it at import only
        try:
            ray.init(**_arguments(address), log_to_driver=False, logging_level="ERROR")
        except (OSError, RuntimeError, ValueError) as error:
            said = without_password(" ".join(str(error).split()))[:300]
            raise InputError(
                f"No Ray cluster can be used at {address or 'this machine'}: {said}. Start one with `ray start "
                "--head`, with the same Ray and Python as here, or leave --ray-address and RAY_ADDRESS out."
            ) from error
        signal.signal(signal.SIGTERM, before)  # Ray's handler would end the command before its runs are stored
        try:
            yield RayExecutor(jobs=jobs, is_joined=bool(address))
        finally:
            ray.shutdown()


@cache
def _token() -> str:
    """One token per process: Ray reads it once."""
    return secrets.token_hex(32)


def _arguments(address: str | None) -> dict[str, Any]:
    if not address:
        return {"address": "local", "include_dashboard": False}
    folders = [str(Path(package.__path__[0])) for package in PACKAGES]
    return {"address": address, "runtime_env": {"py_modules": folders, "excludes": ["__pycache__"]}}
