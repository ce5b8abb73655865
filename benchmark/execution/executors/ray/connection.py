"""The cluster that a command is connected to while it sweeps: one that is there already, or one of this machine."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import ray

import benchmark
import students
import tracking
from benchmark.core.errors import InputError
from benchmark.execution.executors.ray.executor import RayExecutor

PACKAGES = (benchmark, students, tracking)
"""Sent to the nodes, so that they run the command's own code; what these import has to be installed there."""
TOKEN, TOKEN_PATH, MODE = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"
"""Variables that tell Ray who may join a cluster."""


@contextmanager
def connected(address: str | None, jobs: int | None) -> Iterator["RayExecutor"]:
    """The cluster at `address`; without one, a cluster of this machine alone that ends with the block.

    Raises InputError where none answers.
    """
    with nullcontext() if address else _token_of_our_own():
        yield from _connected(address, jobs)


def _connected(address: str | None, jobs: int | None) -> Iterator["RayExecutor"]:
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
        yield RayExecutor(jobs=jobs, is_joined=bool(address))
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
