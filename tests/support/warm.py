"""Processes that begin at once: each is forked from one that imported all libraries, once in a session of tests.

A new interpreter imports torch, transformers and MLflow for seconds, and most tests of processes are about how these
end. Where imports matter, `start_command` is due.
"""

import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from multiprocessing import forkserver, reduction
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmark.measurement import machine, session
from tests.support import ROOT
from tests.support.commands import USERS, own_environment

LIBRARIES = (
    "benchmark.cli.benchmark_run",
    "benchmark.execution.executors.local",
    "benchmark.execution.runner",
    "benchmark.execution.scheduler",
    "benchmark.export.registered_model",
    "benchmark.reporting.report",
    "benchmark.tuning.study",
    "mlflow.store.tracking.sqlalchemy_store",
    "tracking.client",
)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(LIBRARIES))


STATE = ("_forkserver_address", "_forkserver_authkey")
"""How the process that all are forked from is reached; Python 3.14 added the key."""


def start_server() -> dict[str, Any]:
    """Starts the process that all are forked from, which ends with this one; returns how it is reached."""
    with chdir(ROOT):  # whose packages it imports
        forkserver._forkserver.ensure_running()
    return {name: getattr(forkserver._forkserver, name) for name in STATE if hasattr(forkserver._forkserver, name)}


def use_server(state: Mapping[str, Any]) -> None:
    """Forks from a process that another one started."""
    server: Any = forkserver._forkserver
    vars(server).update(state, _forkserver_alive_fd=os.open(os.devnull, os.O_WRONLY), ensure_running=lambda: None)


class Descriptor:
    """A file descriptor of this process, which a new one inherits."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Callable[..., int], tuple[Any]]:
        return _detached, (reduction.DupFd(self._number),)


def _detached(duplicate: Any) -> int:
    return int(duplicate.detach())


class Workers:
    """In place of the context that `multiprocessing.get_context("spawn")` returns."""

    @staticmethod
    def Pipe(duplex: bool = True) -> tuple[Connection, Connection]:  # noqa: N802
        return FORKS.Pipe(duplex)

    def Process(self, *, target: Callable[..., None], args: Sequence[Any]) -> BaseProcess:  # noqa: N802
        return _process(dict(os.environ), Path.cwd(), os.getpgid(0), (1, 2), target, args)


class WarmProcess:
    """Calls a function in a process of its own, with methods of `subprocess.Popen`."""

    def __init__(
        self,
        target: Callable[..., None],
        *args: Any,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        process_group: int | None = None,
        out: int | None = None,
    ) -> None:
        """`out` is a descriptor for its output, which is kept otherwise."""
        self._said = [tempfile.TemporaryFile("w+") for _ in range(2)]  # noqa: SIM115  (closed with the process's object)
        files = [file.fileno() for file in self._said]
        files[0] = files[0] if out is None else out
        group = os.getpgid(0) if process_group is None else process_group
        self._process = _process(environment or dict(os.environ), folder or Path.cwd(), group, files, target, args)
        self._process.start()
        self.pid: int = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        self._process.join(timeout)
        assert self.returncode is not None, "it goes on"

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Output and errors."""
        self.wait(timeout)
        for file in self._said:
            file.seek(0)
        out, err = (file.read() for file in self._said)
        return out, err


class WarmCommand(WarmProcess):
    """`python -m benchmark.COMMAND` in `folder`, whose workers begin at once too; a `process_group` of 0 is its own."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        command: str = "run",
        variables: Mapping[str, str] | None = None,
        process_group: int | None = None,
        out: int | None = None,
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in USERS}
        environment = inherited | own_environment(folder) | dict(variables or {})
        module = f"benchmark.{command}"
        places: dict[str, Any] = {"folder": folder, "process_group": process_group, "out": out}
        super().__init__(run_module, module, *arguments, environment=environment, **places)


def _process(
    environment: Mapping[str, str],
    folder: Path,
    group: int,
    files: Sequence[int],
    target: Callable[..., None],
    args: Sequence[Any],
) -> BaseProcess:
    start_server()
    inherited = [Descriptor(number) for number in files]
    return FORKS.Process(target=_begin, args=(environment, folder, group, inherited, target, args))


def _begin(
    environment: Mapping[str, str],
    folder: Path,
    group: int,
    files: Sequence[int],
    target: Callable[..., None],
    args: Sequence[Any],
) -> None:
    """Calls `target` with what a process inherits of the one that starts it, which it is not forked from."""
    os.setpgid(0, group)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the background of a shell ignores it
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None
    machine.LOCK_FOLDER = Path(tempfile.gettempdir())
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]  # this process came from it
    multiprocessing.get_context = session.get_context = lambda _: Workers()  # type: ignore[assignment, return-value]
    target(*args)


def run_module(name: str, *arguments: str) -> None:
    """`python -m NAME`."""
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
