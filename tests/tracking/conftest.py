"""A suite on a server, read once; and accounts of the team's server."""

from pathlib import Path

import pytest

from tests.support.accounts import MEMBER, USERS, ask
from tests.support.clocked_store import ClockedStore
from tests.support.commands import enter
from tests.support.mlflow_server import Server
from tests.support.run_factory import AddRun
from tests.support.team_server import Team


@pytest.fixture
def clocked(
    server: Server,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    add_run: AddRun,
) -> ClockedStore:
    """A suite of three finished runs, which have been read."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    clocked = ClockedStore(server.uri, request.node.name, monkeypatch)
    for seed in range(3):
        add_run(clocked.store, clocked.suite, seed=seed)
        clocked.own_now += 1
    clocked.read()
    return clocked


@pytest.fixture
def work_folder(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the administrator's, whose runs go to the server."""
    folder = tmp_path / "work"
    folder.mkdir()
    enter(folder, monkeypatch)
    for name, value in team.account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", team.uri)
    return folder


@pytest.fixture(scope="module")
def member(team: Team) -> dict[str, str]:
    """An account that the administrator made."""
    body = {"username": MEMBER["MLFLOW_TRACKING_USERNAME"], "password": MEMBER["MLFLOW_TRACKING_PASSWORD"]}
    assert ask(team, USERS, team.account, body=body) == 200
    return MEMBER
