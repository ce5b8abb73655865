"""The same tasks on a Ray cluster: one Ray task each, with its cores and GPU; what a lost node was at is done again.

A node keeps a cache as the command's machine does. Data, what runs come to, and what teachers hand to students go
through the tracking store, which every node has to reach.
"""

import os
import secrets
import signal
import socket
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import ray
import torch
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import benchmark
import students
import tracking
from benchmark.errors import InputError
from benchmark.execute import Desk
from benchmark.executors.work import Task, Work
from benchmark.outcome import Outcome, Watch
from benchmark.shipping import shipped
from benchmark.spec import RunSpec
from tracking import Store
from tracking.config import is_local
from tracking.provenance import command, git_commit

PACKAGES = (benchmark, students, tracking)
"""Sent to the nodes, so that they run the command's own code; what these import has to be installed there."""
PASSED_ON = ("MLFLOW_", "AWS_", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE")
"""Beginnings of the variables that nodes are given; folders of their own, as BENCHMARK_CACHE, are none of these."""
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 30.0
"""For interrupted runs to be kept as killed."""
TRIES = 3
"""Of a task whose node or process is lost."""
TOKEN, TOKEN_PATH, MODE = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"
"""Variables that tell Ray who may join a cluster."""


@contextmanager
def connected(address: str | None, jobs: int | None) -> Iterator["Cluster"]:
    """The cluster at `address`; without one, a cluster of this machine alone that ends with the block.

    Raises InputError where none answers.
    """
    with nullcontext() if address else _token_of_our_own():
        yield from _connected(address, jobs)


def _connected(address: str | None, jobs: int | None) -> Iterator["Cluster"]:
    on_termination = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**_arguments(address), log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(
            f"No Ray cluster can be used at {address or 'this machine'}: {said}. Start one with `ray start --head`, "
            "with the same Ray and Python as here, or leave --ray-address and RAY_ADDRESS out."
        ) from error
    signal.signal(signal.SIGTERM, on_termination)  # Ray's own would end the command before its runs are kept
    try:
        yield Cluster(jobs=jobs, shipped=bool(address))
    finally:
        ray.shutdown()


@contextmanager
def _token_of_our_own() -> Iterator[None]:
    """Sets what a cluster of this machine asks of who joins it, unless the user has.

    Such a cluster listens to the whole network. Ray's own token is kept in the home folder, readable by others where
    the folder is, and stays the same; ours is known to the cluster's processes alone and ends with them.
    """
    before = {name: os.environ.get(name) for name in (TOKEN, TOKEN_PATH, MODE)}
    if not before[TOKEN] and not before[TOKEN_PATH]:
        os.environ[TOKEN] = _token()  # the mode is Ray's to set: it reads a mode from outside at its import alone
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


@cache
def _token() -> str:
    """One a process: Ray reads it once."""
    return secrets.token_hex(32)


def _arguments(address: str | None) -> dict[str, Any]:
    if not address:
        return {"address": "local", "include_dashboard": False}
    folders = [str(Path(package.__path__[0])) for package in PACKAGES]
    return {"address": address, "runtime_env": {"py_modules": folders, "excludes": ["__pycache__"]}}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """On the nodes of the cluster that this process is connected to."""

    jobs: int | None = None
    """Tasks at once; None leaves it to the cores and GPUs."""
    shipped: bool = False
    """Whether nodes run the code of this process, whatever is installed there."""

    def supplied(self, work: Work, specs: Sequence[RunSpec]) -> Work:
        """Keeps in the store what nodes may lack. Raises what `shipping.shipped` raises."""
        require_reachable(work.uri)
        return replace(work, rooms=shipped(work.rooms, specs, Store.open(work.uri))) if self.shipped else work

    def execute(self, tasks: Sequence[Task], work: Work, watch: Watch) -> Generator[Outcome, None, None]:
        if not tasks:
            return
        needs = needs_of(len(tasks), work.device)
        origin = dict(work.origin) | {"command": command()} | ({"git_commit": git_commit()} if self.shipped else {})
        work = replace(work, n_threads=int(needs["num_cpus"]), origin=origin)
        yield from _Flight(tasks, work, needs, self.jobs or len(tasks), watch).outcomes()


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


class _Flight:
    """Some tasks on their way through the cluster."""

    def __init__(self, tasks: Sequence[Task], work: Work, needs: Mapping[str, float], at_once: int, watch: Watch):
        self._work, self._at_once, self._watch = work, at_once, watch
        self._waiting = deque(tasks)
        self._under_way: dict[Any, Task] = {}
        self._losses: Counter[str] = Counter()
        self._luggage = ray.put(_luggage_of(work))
        self._board = ray.remote(_Board).options(num_cpus=0, scheduling_strategy=_here()).remote()
        fresh = 1 if work.limits.memory_mib else 0  # what a run leaves in memory is not held against the next one
        remote = ray.remote(max_retries=0, max_calls=fresh)(_on_node)
        self._do = remote.options(**needs, scheduling_strategy="SPREAD")

    def outcomes(self) -> Iterator[Outcome]:
        try:
            while self._submit():
                ended, _ = ray.wait(list(self._under_way), timeout=POLL_SECONDS)
                self._tell_epochs()
                for reference in ended:
                    outcome = self._answer(reference, self._under_way.pop(reference))
                    if outcome:
                        yield outcome
        finally:
            self._end()

    @cached_property
    def _desk(self) -> Desk:
        """Ours, to write down what is lost; it teaches nothing."""
        return self._work.desk()

    def _submit(self) -> bool:
        """Whether anything goes on."""
        while self._waiting and len(self._under_way) < self._at_once:
            task = self._waiting.popleft()
            self._under_way[self._do.remote(self._luggage, task, self._board)] = task
        return bool(self._under_way)

    def _tell_epochs(self) -> None:
        for spec, epoch in ray.get(self._board.take.remote()):
            self._watch(spec, epoch)

    def _answer(self, reference: Any, task: Task) -> Outcome | None:
        """What the task came to; None where it is to be done again, now or later."""
        try:
            outcome: Outcome | None = ray.get(reference)
        except OutOfMemoryError:
            self._kill_left_over(task.spec)
            return task.lost(self._desk, "Out of memory: Ray ended its process, as its node had no memory left.")
        except RayError as error:
            return self._again(task, error)
        if outcome is None:
            self._waiting.append(task)
        return outcome

    def _again(self, task: Task, error: RayError) -> Outcome | None:
        """A run that has ended although its process could not say so is not done again: it looks itself."""
        self._kill_left_over(task.spec)
        self._losses[task.spec.key] += 1
        if self._losses[task.spec.key] < TRIES:
            self._waiting.append(task)
            return None
        if isinstance(error, RayTaskError):
            raise error.cause or error  # the store does not answer, there or anywhere
        said = " ".join(str(error).split())[:300]
        return task.lost(self._desk, f"Its process or node was lost {TRIES} times: {said}")

    def _kill_left_over(self, spec: RunSpec) -> None:
        """Of a process that is gone, the run and the trials of its grid."""
        for record in self._desk.store.going_on():
            of_spec = record.name == spec.name or record.name.startswith(f"{spec.name}.lr")
            if of_spec and record.tags.get("sweep") == self._work.origin["sweep"]:
                self._desk.store.resume(record.run_id).kill()

    def _end(self) -> None:
        """Interrupts what goes on, which is then kept as killed."""
        references = list(self._under_way)
        for force in (False, True):
            for reference in references:
                ray.cancel(reference, force=force)
            if references:
                _, references = ray.wait(references, num_returns=len(references), timeout=PATIENCE_SECONDS)
        for task in self._under_way.values():
            self._kill_left_over(task.spec)
        ray.kill(self._board)


class _Board:
    """Where tasks write what they have done so far, on the command's own node."""

    def __init__(self) -> None:
        self._epochs: list[tuple[RunSpec, int]] = []

    def tell(self, spec: RunSpec, epoch: int) -> None:
        self._epochs.append((spec, epoch))

    def take(self) -> list[tuple[RunSpec, int]]:
        taken, self._epochs = self._epochs, []
        return taken


def _here() -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(node_id=ray.get_runtime_context().get_node_id(), soft=False)


Luggage = tuple[Work, Path, Mapping[str, str]]
"""What a node is given beside its tasks: the folder that the command was typed in, and variables of its own."""


def _luggage_of(work: Work) -> Luggage:
    return work, Path.cwd(), {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}


_desks: dict[str, Desk] = {}
"""One a process: what it has loaded serves its next task too."""


def _on_node(luggage: Luggage, task: Task, board: Any) -> Outcome | None:
    work, folder, environment = luggage
    os.environ.update(environment)
    with suppress(OSError):  # another machine may lack the folder: what runs read of it was sent
        os.chdir(folder)
    sweep = work.origin["sweep"]
    if sweep not in _desks:
        _desks.clear()
        _desks[sweep] = work.desk()
    torch.set_num_threads(work.n_threads)
    return task.run(_desks[sweep], lambda spec, epoch: board.tell.remote(spec, epoch))
