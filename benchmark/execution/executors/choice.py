"""The executor that a command line asks for."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmark.core.errors import InputError

if TYPE_CHECKING:
    from benchmark.execution.tasks import Executor

LOCAL, RAY = "local", "ray"
"""Where runs are done."""


def require(args: argparse.Namespace) -> None:
    """Raises InputError where what the executor needs is not installed, or an option is not the executor's."""
    if args.executor == RAY and find_spec("ray") is None:
        raise InputError(
            "--executor ray needs Ray, which is not installed: pip install 'which-student[ray]'. Without it, runs go "
            "side by side on this machine (--executor local)."
        )
    if args.executor != RAY and args.ray_address:
        raise InputError("--ray-address says where --executor ray is to go. Give both, or neither.")


@contextmanager
def opened(args: argparse.Namespace, jobs: int) -> Iterator["Executor"]:
    """Connected to its cluster, where it has one. `jobs` at once on this machine."""
    if args.executor == RAY:
        from benchmark.execution.executors.ray.connection import connected  # imports ray, which is an extra

        with connected(args.ray_address or os.environ.get("RAY_ADDRESS"), args.jobs) as cluster:
            yield cluster
    else:
        from benchmark.execution.executors.local import (
            LocalExecutor,  # imports all that trains, which `require` has no need of
        )

        yield LocalExecutor(jobs=jobs)
