"""The whole command on this machine with a file, and on a Ray cluster that loses a node with a server."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from benchmark.core.run_store import open_store
from tests.support.commands import USERS, own_environment
from tests.support.model_factory import smalltalk, smalltalk_rows
from tests.support.team_server import Team
from tracking import Store

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as Nodes

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("team")]

LABELS = ("greetings", "askJokes", "howAreYou", "askWeather", "thanks")
SPLITS = {"train": 200, "validation": 80, "test": 80}
PLAN = ("-s", "cnn", "-x", "vanilla", "-x", "kd_ulb_bert", "--seeds", "2", "--no-latency", "--jobs", "2")
BUDGET = ("--teacher-epochs", "6", "--teacher-learning-rate", "0.003", "--max-epochs", "12")
MEASURED = ("train_seconds", "seconds", "sentences_per_second", "overhead_share")
"""Columns that no two runs have the same figures in."""


@pytest.fixture
def suite(tmp_path: Path, tiny_teacher: Path) -> Path:
    """Texts of five labels that a student can tell apart, as anyone's own files, which the nodes lack."""
    here = tmp_path / "here"
    shutil.copytree(tiny_teacher, here / "bert")
    for split, n_rows in SPLITS.items():
        rows = [row for row in smalltalk_rows(split) if row[1] in LABELS][:n_rows]
        with (here / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
    files = ", ".join(f"{split}: {split}.csv" for split in SPLITS)
    (here / "more.txt").write_text("".join(f"{text}\n" for text in smalltalk()[:100]))
    path = here / "chat.yml"
    about = "task: classification\nteacher: ./bert\nunlabeled: more.txt"
    path.write_text(f"{about}\ndatasets:\n  chat: {{{files}}}\n")
    return path


def done(suite: Path, name: str, *more: str, **account: str) -> Path:
    """The folder that the command was typed in, with its report."""
    work = suite.parent.parent / name / "work"
    work.mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if name not in USERS}
    subprocess.run(
        [sys.executable, "-m", "benchmark.run", "--suite", os.path.relpath(suite, work), *PLAN, *BUDGET, *more],
        cwd=work,
        env=inherited | own_environment(work) | account,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return work


@contextmanager
def losing_a_node(nodes: "Nodes", store: Store) -> Iterator[None]:
    over = threading.Event()
    watcher = threading.Thread(target=lose, args=(nodes, store, over))
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def lose(nodes: "Nodes", store: Store, over: threading.Event) -> None:
    """Kills the second node while it is at a run, which is held still until then: it would be over too soon."""
    [node] = nodes.worker_nodes
    raylet = node.all_processes["raylet"][0].process.pid
    held: list[int] = []
    while not held and not over.wait(0.1):
        for record in store.running_records():
            pid = int(record.tags["owner"].rsplit("/", 2)[1])
            with suppress(psutil.NoSuchProcess):
                if record.name.startswith("chat.cnn") and raylet in (one.pid for one in psutil.Process(pid).parents()):
                    os.kill(pid, signal.SIGSTOP)
                    held.append(pid)
    if held:
        nodes.remove_node(node, allow_graceful=False)
    for pid in held:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def leaderboard(work: Path) -> list[dict[str, str]]:
    [path] = work.glob("results/*/leaderboard.csv")
    with path.open(newline="") as file:
        return [{name: row[name] for name in row if name not in MEASURED} for row in csv.DictReader(file)]


def f1_by_key(work: Path) -> dict[str, tuple[str, str]]:
    [path] = work.glob("results/*/results.csv")
    with path.open(newline="") as file:
        return {row["key"]: (row["valid_f1"], row["test_f1"]) for row in csv.DictReader(file)}


def test_one_leaderboard_wherever_runs_are_kept_and_whoever_does_them(
    suite: Path, team: Team, nodes: "Nodes", monkeypatch: pytest.MonkeyPatch
) -> None:
    on_server = team.account | {"MLFLOW_TRACKING_URI": team.uri}
    for name, value in team.account.items():
        monkeypatch.setenv(name, value)
    store = open_store(team.uri)
    here = done(suite, "file")
    with losing_a_node(nodes, store):
        cluster = done(suite, "ray", "--executor", "ray", "--ray-address", nodes.address, **on_server)
    board = leaderboard(here)
    assert [row["student"] for row in board].count("cnn") == 2
    assert 40 < max(float(row["f1"]) for row in board if row["student"] == "cnn") < 100, "a board that could differ"
    assert leaderboard(cluster) == board
    assert len(f1_by_key(here)) == 5
    assert f1_by_key(here) == f1_by_key(cluster)
    ended = [record.status for record in store.records("chat") if record.tags["role"] in ("teacher", "train")]
    assert ended.count("finished") == 5
    assert ended.count("killed") > 0, "what the lost node was at"
    assert set(ended) == {"finished", "killed"}
    assert list(team.folder.joinpath("artifacts").rglob("model.onnx")), "files went through the server"
    sent = sorted(record.name for record in store.records("chat") if record.tags["role"] == "data")
    assert sent == ["data.chat", "data.encoder", "data.unlabeled"]
    caches = [suite.parent.parent / name / "parcels" for name in ("one", "two")]
    fetched = [len(list(cache.iterdir())) for cache in caches]
    assert fetched[0] == 3
    assert fetched[1] >= 2, "the lost node may have been at a run that reads no unlabelled text"
    assert not any((cluster / name).exists() for name in ("mlflow.db", "mlartifacts"))
