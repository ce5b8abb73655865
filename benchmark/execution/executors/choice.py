"""The executor of a benchmark's configuration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmark.core.errors import InputError
from benchmark.execution.executors import RAY

if TYPE_CHECKING:
    from benchmark.execution.plan import BenchmarkConfig
    from benchmark.execution.tasks import Executor


def require(config: "BenchmarkConfig") -> None:
    """Raises InputError if the executor is not installed, or an option belongs to the other executor."""
    if config.executor == RAY and find_spec("ray") is None:
        raise InputError(
            "--executor ray needs Ray, which is not installed: pip install 'which-student[ray]'. Or run on "
            "this machine alone (--executor local)."
        )
    if config.executor != RAY and config.ray_address:
        raise InputError("--ray-address belongs to --executor ray. Give both, or neither.")


@contextmanager
def opened(config: "BenchmarkConfig") -> Iterator["Executor"]:
    """The executor, connected to its cluster if it has one. Imports on demand: Ray is an extra, torch is slow."""
    if config.executor == RAY:
        from benchmark.execution.executors.ray.executor import connected

        with connected(config.ray_address or os.environ.get("RAY_ADDRESS"), config.max_tasks) as executor:
            yield executor
    else:
        from benchmark.execution.executors.local import LocalExecutor

        yield LocalExecutor(jobs=config.jobs)
