"""Stores to merge, and their content."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT
from benchmark.merge import main
from tests.support.run_factory import AddRun
from tracking import Record, Store

OWN_TAGS = ("merged_from", "merged_at")


def fill(store: Store, add_run: AddRun, folder: Path, n_runs: int = 2) -> list[str]:
    """Runs with curves, files, a child, a study that names its best trial, and every way to end."""
    (folder / "files" / "deep").mkdir(parents=True)
    ids = []
    for seed in range(n_runs):
        ids.append(add_run(store, seed=seed, test_f1=0.5 + seed / 100))
        run = store.resume(ids[-1])
        for epoch in range(1, 4):
            run.log_epoch(epoch, {"train_loss": 1 / epoch, "gap": float("nan")})
        (folder / "files" / "deep" / "weights.bin").write_bytes(bytes([seed]) * 1000)
        store.add_artifacts(ids[-1], folder / "files")
    child = store.begin("classification", "child", tags={"role": "inference"}, params={"empty": ""}, parent=ids[0])
    child.finish({"latency_onnx_ms": 0.25})
    study = store.begin("other suite/é", "study", tags={"role": "study"}, params={"text": "y" * 7000})
    trial = store.begin("other suite/é", "trial", tags={"role": "trial"}, params={}, parent=study.run_id)
    trial.finish({})
    study.finish({}, tags={"best_trial": trial.run_id})
    add_run(store, status="failed", reason="no memory")
    add_run(store, status="skipped", reason="private")
    store.begin("classification", "killed", tags={}, params={}).kill()
    return ids


def everything(store: Store, folder: Path) -> dict[str, Any]:
    """Content of the runs, by the id of the original run."""
    records = store.records()
    origins = {record.run_id: record.tags.get("merged_from", record.run_id) for record in records}
    assert len(set(origins.values())) == len(records), "each run once"
    return {origins[record.run_id]: _content(store, record, origins, folder) for record in records}


def _content(store: Store, record: Record, origins: dict[str, str], folder: Path) -> dict[str, Any]:
    named = {run_id: f"the run {origin}" for run_id, origin in origins.items()}  # one of this store, not of the other
    tags = {name: named.get(value, value) for name, value in record.tags.items() if name not in OWN_TAGS}
    run = store._client._mlflow.get_run(record.run_id)
    curves = {name: store._client.points(record.run_id, name) for name in run.data.metrics}
    files = store._client.download(record.run_id, "", folder / record.run_id)
    return {
        "suite": record.suite,
        "name": record.name,
        "status": record.status,
        "times": (record.start_time, record.end_time),
        "params": dict(record.params),
        "tags": tags,
        "metrics": dict(record.metrics),
        "curves": {name: [(p.timestamp, p.step, repr(p.value)) for p in points] for name, points in curves.items()},
        "files": {path.relative_to(files): path.read_bytes() for path in files.rglob("*") if path.is_file()},
    }


def copied(out: str) -> int:
    """Number of copied runs, as printed."""
    found = re.search(r"Copied (\d+) runs from ", out)
    assert found, out
    return int(found[1])


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, arguments))
    assert ended.value.code == BAD_INPUT
    return capsys.readouterr().err
