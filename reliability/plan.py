"""A small plan, done by the real command: what faults are made to, and what must come out whatever happens."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmark.core.run_store import open_store
from tests.support.commands import USERS, own_environment
from tests.support.model_factory import write_teacher
from tracking import NoStoreError, Record

ROLES = ("teacher", "train")
SCORES = ("valid_f1", "test_f1", "n_parameters", "steps_to_best")


@dataclass(frozen=True)
class Plan:
    """`benchmark.run` on bundled data with a tiny teacher."""

    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @classmethod
    def small(cls, folder: Path, *more: str) -> "Plan":
        """A teacher, and a CNN in two settings that between them read logits, vectors and the teacher's table."""
        teacher = str(write_teacher(folder / "tiny-bert"))
        limits = ("--limit", "40", "--teacher-epochs", "1", "--max-epochs", "2")
        chosen = ("-s", "cnn", "-x", "kd_ulb_fasttext", "-x", "kd_ulb_bert")
        return cls(("--suite", "classification", "--teacher", teacher, "--jobs", "1", *limits, *chosen, *more))

    @contextmanager
    def going_on(self, work: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """The command, begun in the folder `work`; what it says is in `command.log` beside it."""
        work.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if name not in USERS}
        with (work.parent / "command.log").open("ab") as log:
            command = subprocess.Popen(
                [sys.executable, "-m", "benchmark.run", *self.arguments],
                cwd=work,
                env=inherited | own_environment(work) | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
            )
        try:
            yield command
        finally:
            command.kill()
            command.wait()

    def done(self, work: Path, **variables: str) -> float:
        """Does it undisturbed; returns its seconds."""
        begin = time.monotonic()
        with self.going_on(work, **variables) as command:
            code = command.wait()
        assert code == 0, f"exit code {code}: {said(work)}"
        return time.monotonic() - begin


def left_behind(work: Path) -> list[str]:
    """Names of temporary folders."""
    temporary = Path(own_environment(work)["TMPDIR"])
    return [path.name for path in temporary.iterdir() if path.is_dir() and path.name != "cache"]


def said(work: Path) -> str:
    return (work.parent / "command.log").read_text(errors="replace")[-600:]


def records(work: Path, uri: str = "") -> list[Record]:
    try:
        return open_store(uri or f"sqlite:///{work / 'mlflow.db'}", create=False).records("classification")
    except NoStoreError:
        return []


def processes(work: Path) -> dict[str, int]:
    """Process id by name of the runs that go on."""
    live = [record for record in records(work) if record.status == "running" and record.tags.get("role") in ROLES]
    return {record.name: int(record.tags["owner"].rsplit("/", 2)[1]) for record in live}


def finished(known: list[Record]) -> dict[str, dict[str, float]]:
    """Scores of finished runs by run id."""
    done = [record for record in known if record.status == "finished" and record.tags["role"] in ROLES]
    return {record.run_id: {name: record.metrics[name] for name in SCORES} for record in done}


def check(known: list[Record], expected: dict[str, dict[str, float]]) -> None:
    """Every run of the plan is finished, once, with the figures that an undisturbed plan has; nothing hangs."""
    done = [record for record in known if record.status == "finished" and record.tags["role"] in ROLES]
    twice = [name for name, count in Counter(record.name for record in done).items() if count > 1]
    assert not twice, f"done twice: {twice}"
    assert {r.name: {name: r.metrics[name] for name in SCORES} for r in done} == expected
    assert not [record.name for record in known if record.status == "running"], "runs left as running"
    measured = [record.parent for record in known if record.tags["role"] == "inference" and record.status == "finished"]
    assert set(measured) == {record.run_id for record in done}, "not all are measured"


def by_name(known: list[Record]) -> dict[str, dict[str, float]]:
    """What `check` expects, from an undisturbed plan."""
    return {r.name: finished([r])[r.run_id] for r in known if r.run_id in finished(known)}
