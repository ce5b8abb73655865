"""Commands as a person types them, in a folder with a cache and a machine lock of its own."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from benchmark.core import interrupts
from benchmark.core.run_store import open_store
from benchmark.measurement import machine as lock
from tests.support import ROOT
from tracking import Store

USERS = ("MLFLOW_TRACKING_URI", "BENCHMARK_DATA_MIRROR", "BENCHMARK_PRIVATE_DATA")
"""Variables that a user may have set, and that no test is to see."""


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in `folder` as `own_environment` has it."""
    for name, value in own_environment(folder).items():
        monkeypatch.setenv(name, value)
    for name in USERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lock, "LOCK_FOLDER", folder.parent / "own")
    monkeypatch.chdir(folder)


def own_environment(folder: Path) -> dict[str, str]:
    """A cache and a machine lock of the folder's own, beside it."""
    own = folder.parent / "own"
    own.mkdir(exist_ok=True)
    return {"BENCHMARK_CACHE": str(own / "cache"), "TMPDIR": str(own), "COLUMNS": "200", "PYTHONPATH": str(ROOT)}


def start_command(
    folder: Path, *arguments: str, process_group: int | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """`python -m benchmark.run` in `folder`, as a person starts it; a `process_group` of 0 is one of its own.

    Ctrl-C is heard even where the tests run in the background of a shell, which has them ignore it.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in USERS}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmark.run", *arguments],
        cwd=folder,
        env=inherited | own_environment(folder) | dict(variables or {}),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=process_group,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


class InterruptingDestructor:
    """Interrupts the process where Python drops the exception, as during garbage collection."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def interrupted() -> Iterator[None]:
    """An interrupt was requested before the block, and Python has dropped it."""
    interrupts._requested.set()
    try:
        yield
    finally:
        interrupts.forget_interrupt()


def _run_and_measure_once(*arguments: str) -> None:
    from benchmark.cli.command import run_command
    from benchmark.measurement import stage
    from benchmark.run import main
    from tests.support.measuring import ONCE

    stage.measure = partial(stage.measure, budget=ONCE)  # type: ignore[assignment]
    run_command(partial(main, arguments))


SAID = "said.json"
"""Beside the folder of a finished command: its arguments, exit code and output."""


@dataclass(frozen=True)
class Finished:
    """A smoke run of the main command that has ended."""

    folder: Path
    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @classmethod
    def make(cls, folder: Path, arguments: Sequence[str], *more: str) -> None:
        """Runs the command in `folder`; `more` are arguments of this run alone."""
        from tests.support.warm import WarmProcess

        folder.mkdir()
        variables = {name: value for name, value in os.environ.items() if name not in USERS} | own_environment(folder)
        command = WarmProcess(_run_and_measure_once, *arguments, *more, folder=folder, environment=variables)
        out, err = command.communicate()
        said = {"arguments": arguments, "code": command.returncode, "out": out, "err": err}
        (folder.parent / SAID).write_text(json.dumps(said))

    @classmethod
    def read(cls, folder: Path) -> "Finished":
        said = json.loads((folder.parent / SAID).read_text())
        return cls(folder, tuple(said.pop("arguments")), **said)

    @property
    def store(self) -> Store:
        return open_store(f"sqlite:///{self.folder / 'mlflow.db'}")

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Its arguments, for who asks for no milliseconds."""
        return (*self.arguments, "--no-latency")

    def copied_to(self, folder: Path) -> "Finished":
        """The same in another folder, its cache beside it; the runs of the copy have files of their own."""
        shutil.copytree(self.folder.parent, folder.parent)
        with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
            for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
                moved = (str(self.folder), str(folder))
                database.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", moved)
        return replace(self, folder=folder)
