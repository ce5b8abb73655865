"""Runs in MLflow's UI: groups of metrics, the saved view, the command."""

import json
import re
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from benchmark.core.run_store import GROUPS
from tracking import Store, ui_command
from tracking.provenance import SOURCE, command


@pytest.mark.parametrize(
    "column", [*GROUPS.names, "latency_onnx_int8_ms", "size_onnx_mib", "f1/a@b %é", "made up", "epoch/x", ":x41:"]
)
def test_column_name_inverts_metric_name(column: str) -> None:
    assert GROUPS.column_name(GROUPS.metric_name(column)) == column


def test_metric_names_are_grouped() -> None:
    assert GROUPS.metric_name("test_f1") == "score/test_f1"
    assert GROUPS.metric_name("n_parameters") == "size/parameters"
    assert GROUPS.metric_name("latency_torch_ms") == "latency/torch_ms"


def test_the_interface_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ui_command(f"sqlite:///{tmp_path}/mlflow.db") == "mlflow ui --backend-store-uri sqlite:///mlflow.db"
    assert ui_command("http://me:secret@host:5000") == "python -m webbrowser 'http://me:***@host:5000'"


def test_the_interface_opens_with_a_view_of_the_suites_runs(store: Store, store_uri: str) -> None:
    assert store.view_url("moods") == ""
    store.begin("moods", "run", tags={}, params={}).finish({"test_f1": 0.5})
    experiment = MlflowClient(store_uri).get_experiment_by_name("moods")
    address = store.view_url("moods")
    assert address.startswith(f"http://127.0.0.1:5000/#/experiments/{experiment.experiment_id}/runs?")
    key = re.search(r"viewStateShareKey=(\w+)", address)
    assert key is not None
    view = json.loads(experiment.tags[f"mlflow.sharedViewState.{key[1]}"])
    state = json.loads(view["state"])
    assert {"PARALLEL", "SCATTER", "BAR"} == {chart["type"] for chart in state["compareRunCharts"]}
    found = MlflowClient(store_uri).search_runs([experiment.experiment_id], state["searchFilter"])
    assert found == [], "a run without a role and smoke=false is none of the leaderboard"
    tags = {"role": "train", "smoke": "false"}
    store.begin("moods", "counts", tags=tags, params={}).finish({"test_f1": 0.5})
    store.begin("moods", "measured", tags=tags | {"role": "inference"}, params={}).finish({"test_f1": 0.5})
    found = MlflowClient(store_uri).search_runs([experiment.experiment_id], state["searchFilter"])
    assert [run.info.run_name for run in found] == ["counts"]


def test_an_experiment_of_an_earlier_version_gets_the_view(store: Store, store_uri: str, tmp_path: Path) -> None:
    client = MlflowClient(store_uri)
    old = client.create_experiment("moods", artifact_location=str(tmp_path / "files"), tags={"suite": "moods"})
    store.begin("moods", "run", tags={}, params={})
    assert "mlflow.sharedViewState.leaderboard" in client.get_experiment(old).tags


def test_runs_have_the_command(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["--suite", "my suite.yml", "--tracking-uri", "postgresql+psycopg://me:secret@db/mlflow"]
    monkeypatch.setattr(sys, "argv", [str(SOURCE / "benchmark" / "run.py"), *typed])
    command.cache_clear()
    try:
        store.begin("s", "r", tags={}, params={})
    finally:
        command.cache_clear()
    (record,) = store.records("s")
    assert record.tags["command"] == (
        "python -m benchmark.run --suite 'my suite.yml' --tracking-uri 'postgresql+psycopg://me:***@db/mlflow'"
    )


@pytest.mark.parametrize("typed", [[""], ["-c"], ["/usr/bin/pytest"]])
def test_other_programs_have_no_command(typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", typed)
    assert command.__wrapped__() == ""
