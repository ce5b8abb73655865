"""Stores and a teacher to test with: what takes seconds to make is made once, then copied or shared."""

import multiprocessing
import os
import shutil
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from matplotlib.figure import Figure

from benchmark.core.run_store import open_store
from benchmark.measurement.machine import usable_cores
from tests.support import run_factory
from tests.support.commands import Finished, enter
from tests.support.made_once import MadeOnce
from tests.support.run_factory import AddRun
from tracking import Store, sqlite_store
from tracking.sqlite_store import _create_draft as create_draft

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as Nodes
    from xdist.workermanage import WorkerController

    from tests.support.mlflow_server import Server
    from tests.support.team_server import Team

SAVE_FIGURE = Figure.savefig


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores, since tests that start commands and servers wait for them; each costs its imports."""
    return usable_cores() + 1


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "WorkerController") -> None:
    """One process to fork from serves all processes that run tests; it imports while these collect."""
    from tests.support.warm import start_server

    node.workerinput["forkserver"] = start_server()


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.support.warm import use_server

        use_server(config.workerinput["forkserver"])  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    own = tmp_path_factory.getbasetemp()
    return MadeOnce(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def migrated_db(made_once: MadeOnce) -> Path:
    return migrated(made_once)


@pytest.fixture(scope="session", autouse=True)
def _stores_are_copies(made_once: MadeOnce) -> Iterator[None]:
    """A new SQLite store is a copy of the migrated one, since MLflow's migrations take a second each time."""

    def copy(path: Path) -> Path:
        return shutil.copy(migrated(made_once), path.with_name(f".{path.name}.new"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_store, "_create_draft", copy)
        yield


def migrated(made_once: MadeOnce) -> Path:
    def make(folder: Path) -> None:
        create_draft(folder / "mlflow.db").replace(folder / "mlflow.db")

    return made_once("schema", make) / "mlflow.db"


@pytest.fixture
def store_uri(migrated_db: Path, tmp_path: Path) -> str:
    """Address of an empty store of this test's own."""
    shutil.copy(migrated_db, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def store(store_uri: str) -> Store:
    return open_store(store_uri)


@pytest.fixture
def add_run() -> AddRun:
    return run_factory.add_run


@pytest.fixture(scope="session")
def tiny_teacher(made_once: MadeOnce) -> Path:
    from tests.support.model_factory import write_teacher

    return made_once("tiny-bert", write_teacher)


@pytest.fixture
def desk_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder that the test stands in, with none of the user's settings."""
    folder = tmp_path / "work"
    folder.mkdir()
    enter(folder, monkeypatch)
    return folder


@pytest.fixture(scope="session")
def finished(made_once: MadeOnce, tiny_teacher: Path) -> Finished:
    """Teacher, and a CNN in two settings, by the command on bundled data. Read only: see `finished_copy`."""
    arguments = ("--suite", "classification", "--teacher", str(tiny_teacher), "--limit", "40", "-s", "cnn")
    arguments += ("--teacher-epochs", "1", "--max-epochs", "2", "--jobs", "1")
    settings = ("-x", "vanilla", "-x", "kd_ulb_bert")
    place = made_once("finished", lambda folder: Finished.make(folder / "work", arguments, *settings))
    return Finished.read(place / "work")


@pytest.fixture
def finished_copy(finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """What `finished` made, to go on with: its store and its cache, in a folder that the test stands in."""
    copy = finished.copied_to(tmp_path / "copy" / "work")
    enter(copy.folder, monkeypatch)
    return copy


@pytest.fixture(scope="session", autouse=True)
def _figures_are_empty() -> Iterator[None]:
    """Files of figures are empty, since drawing one takes a second: see `drawn_figures`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda _, path, **__: Path(path).touch())
        yield


@pytest.fixture
def drawn_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process draws figures in this test."""
    monkeypatch.setattr(Figure, "savefig", SAVE_FIGURE)


@pytest.fixture
def warm_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that train or measure begin at once."""
    from benchmark.measurement import session
    from tests.support.warm import Workers

    monkeypatch.setattr(multiprocessing, "get_context", lambda _: Workers())
    monkeypatch.setattr(session, "get_context", lambda _: Workers())


@pytest.fixture
def brief_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands measure a few sentences."""
    from benchmark.measurement import stage
    from tests.support.measuring import BRIEF

    monkeypatch.setattr(stage, "measure", partial(stage.measure, budget=BRIEF))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_db: Path) -> Iterator["Server"]:
    """A tracking server without accounts. Tests that use it are of one xdist group: it is started once."""
    from tests.support.mlflow_server import serving

    folder = tmp_path_factory.mktemp("server")
    shutil.copy(migrated_db, folder / "server.db")
    with serving(folder) as running:
        yield running


@pytest.fixture(scope="session")
def team() -> Iterator["Team"]:
    """The server that docker-compose.yml describes. Tests that use it are of one xdist group: it is started once."""
    from tests.support.team_server import team_server

    with team_server() as running:
        yield running


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator["Nodes"]:
    """A Ray cluster of two nodes, which share no cache; what lies in `here` is not on them."""
    pytest.importorskip("ray")
    from tests.support.ray_nodes import two_nodes

    with two_nodes(tmp_path, tmp_path / "here") as cluster:
        yield cluster


@pytest.fixture
def silent_postgresql() -> Iterator[str]:
    """Address of a PostgreSQL server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"postgresql+psycopg2://user:secret@127.0.0.1:{silent.getsockname()[1]}/runs"
