"""The team's server as docker-compose.yml has it, on a real PostgreSQL: who may do what, and a suite run against it."""

import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
from requests import PreparedRequest, Response, Session

from benchmark import list as listing
from benchmark import merge
from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT
from benchmark.core.run_store import open_store
from benchmark.tuning.storage import open_storage
from tests.support.accounts import EXPERIMENT, FILES, USERS, ask
from tests.support.merging import copied, everything, fill
from tests.support.run_factory import AddRun
from tests.support.team_server import Team
from tracking import Store, StoreError
from tracking.connection import OUTBOX

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("team")]


def test_the_right_password_opens_and_every_other_does_not(team: Team) -> None:
    assert ask(team, EXPERIMENT, team.account) == 200
    assert ask(team, EXPERIMENT) == 401
    for password in ("wrong", "", "password1234", team.variables["MLFLOW_DB_PASSWORD"]):
        assert ask(team, EXPERIMENT, team.account | {"MLFLOW_TRACKING_PASSWORD": password}) == 401
    assert ask(team, EXPERIMENT, team.account | {"MLFLOW_TRACKING_USERNAME": "root"}) == 401
    for path in ("/", "/graphql", f"{FILES}/x", "/signup", "/api/3.0/mlflow/traces/search", "/gateway/x/y"):
        assert ask(team, path) == 401, path


def test_another_name_and_another_site_are_refused(team: Team) -> None:
    assert ask(team, EXPERIMENT, team.account, Host="evil.example.org") == 403
    assert ask(team, EXPERIMENT, team.account, Host="127.0.0.1.evil.example.org:5000") == 403
    assert ask(team, EXPERIMENT, team.account, Host="localhost:1234") == 200
    search = "/api/2.0/mlflow/experiments/search"
    assert ask(team, search, team.account, body={"max_results": 1}) == 200
    assert ask(team, search, team.account, body={"max_results": 1}, Origin="https://evil.example.org") == 403
    assert ask(team, search, team.account, body={"max_results": 1}, Origin="http://localhost:1234") == 200
    assert ask(team, EXPERIMENT, team.account, Origin="https://evil.example.org") == 200
    query = {"query": "{ __typename }"}
    assert ask(team, "/graphql", team.account, body=query, Origin="https://evil.example.org") == 200


def test_a_command_says_in_one_line_why_it_was_refused(
    team: Team, work_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def error_line(uri: str) -> str:
        with pytest.raises(SystemExit) as ended:
            run_command(partial(listing.main, ["runs", "--tracking-uri", uri]))
        assert ended.value.code == BAD_INPUT
        [line] = capsys.readouterr().err.splitlines()
        return line

    assert "does not answer under this name (403)" in error_line(team.uri.replace("127.0.0.1", "0.0.0.0"))
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    assert error_line(team.uri) == (
        f"{team.uri}: the server does not know this account (401). Set MLFLOW_TRACKING_USERNAME and "
        "MLFLOW_TRACKING_PASSWORD to one that it has."
    )
    assert list(work_folder.iterdir()) == []


@pytest.mark.usefixtures("work_folder")
def test_members_work_in_one_anothers_suites_and_delete_only_what_is_theirs(
    team: Team, member: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_store().begin("shared", "admins", tags={}, params={}).finish({})
    for name, value in member.items():
        monkeypatch.setenv(name, value)
    store = open_store()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("a")
    run = store.begin("shared", "members", tags={}, params={"empty": ""})
    run.log_artifacts(tmp_path / "files")
    run.finish({"test_f1": 0.5})
    assert [record.name for record in store.records("shared")] == ["admins", "members"]
    assert store.download(run.run_id, "a.txt", tmp_path / "back").read_text() == "a"
    experiment = store._client._mlflow.get_experiment_by_name("shared").experiment_id
    assert ask(team, "/api/2.0/mlflow/experiments/delete", member, body={"experiment_id": experiment}) == 403
    assert ask(team, USERS, member, body={"username": "eve", "password": "long enough for it"}) == 403
    own = {"experiment_id": store._client.experiment("own", {})}
    assert ask(team, "/api/2.0/mlflow/experiments/delete", member, body=own) == 200
    with pytest.raises(StoreError, match=r"was deleted in http"):
        open_store().begin("own", "r", tags={}, params={})


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process asks of servers, in order; `later` begins what it does not wait for.

    Heartbeats are left out: runs that other tests leave open have theirs in this process.
    """
    poll: list[str] = []
    send = Session.send

    def noting(session: Session, request: PreparedRequest, **options: Any) -> Response:
        thread = threading.current_thread()
        if thread is threading.main_thread() or thread.name == OUTBOX:
            later = "later " if thread.name == OUTBOX else ""
            poll.append(later + urllib.parse.urlsplit(str(request.url)).path.removeprefix("/api/2.0/mlflow/"))
        return send(session, request, **options)

    monkeypatch.setattr(Session, "send", noting)
    return poll


@pytest.mark.usefixtures("work_folder")
def test_a_run_waits_for_few_requests(sent: list[str]) -> None:
    store = open_store()
    store.begin("waited_for", "first", tags={}, params={}).finish({})
    sent.clear()
    run = store.begin("waited_for", "r", tags={"key": "k"}, params={"seed": 0})
    for epoch in (1, 2):
        run.log_epoch(epoch, {"valid_f1": epoch / 4})
    run.finish({"test_f1": 0.5}, tags={"best": "yes"})
    assert [what for what in sent if "later" not in what] == [
        "runs/create",
        "/health",
        "runs/log-batch",
        "runs/update",
    ]
    assert [what for what in sent if "later" in what] == ["later /health", *["later runs/log-batch"] * 3]
    sent.clear()
    [record] = store.records_of_key("waited_for", "k")
    assert sent == ["runs/search"]
    assert (record.status, record.params, record.tags["best"]) == ("finished", {"seed": "0"}, "yes")
    assert record.metrics == {"test_f1": 0.5, "epoch/valid_f1": 0.5}


@pytest.mark.usefixtures("work_folder")
def test_a_run_whose_parameters_are_refused_fails() -> None:
    run = open_store().begin("refused", "r", tags={}, params={"n" * 300: 0})
    with pytest.raises(StoreError, match="exceeds the maximum length"):
        run.finish({"test_f1": 0.5})
    assert open_store().records("refused")[0].status == "running"
    run.fail("its parameters were refused")
    [record] = open_store().records("refused")
    assert (record.status, record.metrics) == ("failed", {})


@pytest.mark.parametrize(
    "place", ["../escaped", "..%2Fescaped", "1/../../escaped", "%2e%2e/escaped", "%252e%252e/escaped"]
)
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_a_file_is_not_reached_outside_its_folder(team: Team, place: str, method: str) -> None:
    outside = team.folder / "escaped"
    outside.write_text("outside")
    body = b"written" if method == "PUT" else None
    for path in (place, urllib.parse.quote(str(outside), safe="")):
        status = ask(team, f"{FILES}/{path}", team.account, body=body, method=method)
        assert status != 200 or (method == "DELETE" and path != place), "it deletes what is not there, inside"
        assert outside.read_text() == "outside"


def test_no_password_stands_on_a_command_line_or_in_a_log(team: Team) -> None:
    lines = []
    for process in team.processes.values():
        family = psutil.Process(process.pid)
        lines += [" ".join(one.cmdline()) for one in [family, *family.children(recursive=True)]]
    output = "\n".join([*lines, *(team.log(name) for name in team.processes)])
    assert "mlflow server --app-name basic-auth" in output
    assert [
        name for name, value in team.variables.items() if value in output and name != "MLFLOW_TRACKING_USERNAME"
    ] == []


def test_runs_accounts_and_studies_lie_apart_in_postgresql(team: Team) -> None:
    assert team.sql("SELECT username FROM users WHERE is_admin", "accounts") == "admin\n"
    assert "scrypt:" in (stored := team.sql("SELECT password_hash FROM users", "accounts")) or "pbkdf2:" in stored
    assert team.sql("SELECT count(*) FROM experiments WHERE experiment_id = 0", "mlflow") == "1\n"
    assert [path.name for path in team.folder.rglob("*.db")] == [], "nothing is kept beside it"
    place = {"host": "127.0.0.1", "port": team.ports["5432"]}
    password = team.variables["OPTUNA_DB_PASSWORD"]
    for database in ("mlflow", "accounts", "postgres"):
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            psycopg2.connect(**place, dbname=database, user="optuna", password=password)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(**place, dbname="optuna", user="optuna", password="wrong")


def test_studies_are_shown_by_the_dashboard(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    import optuna

    monkeypatch.setenv("PGPASSWORD", team.variables["OPTUNA_DB_PASSWORD"])
    storage = open_storage(f"postgresql+psycopg2://optuna@127.0.0.1:{team.ports['5432']}/optuna")
    study = optuna.create_study(storage=storage, study_name="emot.cnn", direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("learning_rate", 0, 1), n_trials=2)
    with urllib.request.urlopen(f"http://127.0.0.1:{team.ports['8080']}/api/studies", timeout=30) as answer:
        assert [shown["study_name"] for shown in json.load(answer)["study_summaries"]] == ["emot.cnn"]


@pytest.mark.nightly
def test_a_laptops_runs_are_merged_once_and_back(
    team: Team, work_folder: Path, store: Store, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, add_run, tmp_path)
    n_runs = sum(record.tags.get("role") != "report" for record in open_store(team.uri).records())
    for target, number in ((team.uri, 8), (team.uri, 0), (f"sqlite:///{work_folder / 'back.db'}", n_runs + 8)):
        assert merge.main([team.uri if "back" in target else store.uri, target]) == 0
        assert copied(capsys.readouterr().out) == number
    here, there = everything(store, tmp_path / "here"), everything(open_store(target), tmp_path / "there")
    assert {run_id: run for run_id, run in there.items() if run_id in here} == here


def test_a_restart_of_postgresql(team: Team, work_folder: Path) -> None:
    before = [record.run_id for record in open_store().records()]
    team.end("postgres")
    try:
        assert not team.healthy("postgres")
        assert not team.healthy("mlflow"), "a server without its database is not called healthy"
    finally:
        team.start_postgres()
    for name in ("mlflow", "optuna-dashboard"):
        team.wait(name)
    store = open_store()
    assert [record.run_id for record in store.records()] == before
    store.begin("after", "r", tags={}, params={}).finish({})
    assert os.listdir(work_folder) == []
