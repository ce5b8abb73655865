"""A store of made runs under the names that MLflow keeps, written by mlflow's own client."""

from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from sqlalchemy import event
from sqlalchemy.engine import Engine

START, STEP = 1_800_000_000_000, 60_000
"""Of the first run, and from one run to the next, in milliseconds."""
STATUS = {"finished": "FINISHED", "skipped": "FINISHED", "failed": "FAILED", "killed": "KILLED", "running": "RUNNING"}


@dataclass(kw_only=True)
class Run:
    """One run; `parent` is the label of another."""

    label: str
    suite: str
    status: str = "finished"
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curve: list[float] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    parent: str = ""


def write_store(uri: str, folder: Path, runs: list[Run]) -> dict[str, str]:
    """Writes the runs into an empty store with artifacts in `folder`; returns labels by run id."""
    event.listen(Engine, "connect", _unsafe)
    try:
        client, ids = MlflowClient(uri, uri), dict[str, str]()
        experiments = {
            suite: client.create_experiment(suite, (folder / suite).as_uri(), tags={"suite": suite})
            for suite in dict.fromkeys(run.suite for run in runs)
        }
        for number, run in enumerate(runs):
            ids[run.label] = _write(client, experiments[run.suite], run, START + number * STEP, ids)
    finally:
        event.remove(Engine, "connect", _unsafe)
    return {run_id: label for label, run_id in ids.items()}


def _unsafe(connection: Connection, _: object) -> None:
    """Waits for no disk: a thousand transactions would take most of the time."""
    connection.execute("PRAGMA synchronous = OFF")


def _write(client: MlflowClient, experiment: str, run: Run, start: int, ids: dict[str, str]) -> str:
    parent = {"mlflow.parentRunId": ids[run.parent]} if run.parent else {}
    status = {} if run.status == "running" else {"status": run.status}
    made = client.create_run(experiment, start, run.tags | parent | status, run.label)
    run_id: str = made.info.run_id
    points = [Metric(name, value, start, 0) for name, value in run.metrics.items()]
    points += [Metric("epoch/valid_f1", value, start, epoch) for epoch, value in enumerate(run.curve, 1)]
    client.log_batch(run_id, points, [Param(name, value) for name, value in run.params.items()])
    for path, text in run.files.items():
        client.log_text(run_id, text, path)
    if run.status != "running":
        client.set_terminated(run_id, STATUS[run.status], start + STEP // 2)
    return run_id
