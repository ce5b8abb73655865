"""`benchmark.merge`: every run is copied once and completely, also after an interrupt."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import BAD_INPUT
from benchmark.core.locks import lock_path
from benchmark.core.run_store import merge_stores, open_store
from benchmark.merge import main
from tests.support.commands import own_environment
from tests.support.run_factory import AddRun
from tracking import Record, Store, StoreError

OWN_TAGS = ("merged_from", "merged_at")


@pytest.fixture
def other_uri(migrated_db: Path, tmp_path: Path) -> str:
    """Address of a second empty store."""
    (tmp_path / "other").mkdir()
    shutil.copy(migrated_db, tmp_path / "other" / "mlflow.db")
    return f"sqlite:///{tmp_path / 'other' / 'mlflow.db'}"


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


@pytest.mark.usefixtures("desk_folder")
def test_runs_are_copied_completely_and_once(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, add_run, tmp_path)
    assert main([store.uri, other_uri]) == 0
    assert copied(capsys.readouterr().out) == 8
    there = everything(open_store(other_uri), tmp_path / "there")
    assert there == everything(store, tmp_path / "here")
    assert len(next(iter(there.values()))["curves"]["epoch/train_loss"]) == 3
    assert sum(len(run["files"]) for run in there.values()) == 3
    assert main([store.uri, other_uri]) == 0
    output = capsys.readouterr().out
    assert copied(output) == 0
    assert "8 were already there" in output
    assert everything(open_store(other_uri), tmp_path / "again") == there
    assert not any(set(OWN_TAGS) & set(record.tags) for record in store.records()), "the first store is as it was"


@pytest.mark.usefixtures("desk_folder")
def test_only_new_runs_are_copied_and_copies_do_not_go_back(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = open_store(other_uri)
    add_run(store, seed=0)
    main([store.uri, other_uri])
    add_run(store, seed=1)
    add_run(other, seed=2)
    main([store.uri, other_uri])
    main([other_uri, store.uri])
    assert [int(number) for number in re.findall(r"Copied (\d+)", capsys.readouterr().out)] == [1, 1, 1]
    assert everything(store, tmp_path / "a") == everything(other, tmp_path / "b")


@pytest.mark.usefixtures("desk_folder")
def test_a_third_store_gets_runs_by_way_of_the_second_once(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = f"sqlite:///{tmp_path / 'third' / 'mlflow.db'}"
    add_run(store)
    main([store.uri, other_uri])
    main([other_uri, third])
    main([store.uri, third])
    assert [int(number) for number in re.findall(r"Copied (\d+)", capsys.readouterr().out)] == [1, 1, 0]


@pytest.mark.usefixtures("desk_folder")
def test_an_active_run_waits_and_a_deleted_one_stays_deleted(
    store: Store, other_uri: str, add_run: AddRun, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(store, seed=0)
    live = add_run(store, seed=1, status="running")
    main([store.uri, other_uri])
    assert "Copied 1 runs" in (output := capsys.readouterr().out)
    assert "1 are still running: merge again when they have ended" in output
    other = open_store(other_uri)
    [record] = other.records()
    other._client._mlflow.delete_run(record.run_id)
    store.resume(live).finish({})
    main([store.uri, other_uri])
    assert copied(capsys.readouterr().out) == 1
    assert [run.tags["merged_from"] for run in other.records()] == [live]


@pytest.mark.usefixtures("desk_folder")
def test_a_trial_that_was_copied_before_its_study(store: Store, other_uri: str, tmp_path: Path) -> None:
    """By way of a second store too, from which both go on to a third."""
    uris = [store.uri, other_uri, f"sqlite:///{tmp_path / 'third' / 'mlflow.db'}"]
    study = store.begin("classification", "study", tags={"role": "study"}, params={})
    trial = store.begin("classification", "trial", tags={"role": "trial"}, params={}, parent=study.run_id)
    trial.finish({"valid_f1": 0.5})

    def merged() -> list[list[Record]]:
        for pair in pairwise(uris):
            main(pair)
        return [open_store(uri).records() for uri in uris[1:]]

    assert [[record.name for record in there] for there in merged()] == [["trial"], ["trial"]]
    study.finish({}, tags={"best_trial": trial.run_id})
    for there in merged():
        by_name = {record.name: record for record in there}
        assert by_name["trial"].parent == by_name["study"].run_id
        assert by_name["study"].tags["best_trial"] == by_name["trial"].run_id
        assert by_name["trial"].tags["merged_from"] == trial.run_id
        assert len(there) == 2


@pytest.mark.usefixtures("desk_folder")
def test_a_trial_that_was_deleted_before_its_study_was_copied(store: Store, other_uri: str) -> None:
    study = store.begin("classification", "study", tags={"role": "study"}, params={})
    store.begin("classification", "trial", tags={}, params={}, parent=study.run_id).finish({})
    main([store.uri, other_uri])
    other = open_store(other_uri)
    other._client._mlflow.delete_run(other.records()[0].run_id)
    study.finish({})
    assert main([store.uri, other_uri]) == 0
    assert [record.name for record in other.records()] == ["study"]


@pytest.mark.usefixtures("desk_folder")
def test_experiments_keep_their_names_and_tags(store: Store, other_uri: str, add_run: AddRun) -> None:
    add_run(store, "my suite")
    client = store._client._mlflow
    client.set_experiment_tag(client.get_experiment_by_name("my suite").experiment_id, "team", "blue")
    main([store.uri, other_uri])
    there = open_store(other_uri)._client._mlflow.get_experiment_by_name("my suite")
    assert there.tags == client.get_experiment_by_name("my suite").tags
    assert there.tags["team"] == "blue"


@pytest.mark.usefixtures("desk_folder")
def test_a_store_moved_with_its_files(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    """As one fetched from the machine that it was made on: it holds paths of that machine."""
    fill(store, add_run, tmp_path, n_runs=1)
    before = everything(store, tmp_path / "before")
    moved = tmp_path / "moved here"
    moved.mkdir()
    for name in ("mlflow.db", "mlartifacts"):
        shutil.move(tmp_path / name, moved / name)
    target = f"sqlite:///{tmp_path / 'new' / 'mlflow.db'}"
    assert main([f"sqlite:///{moved / 'mlflow.db'}", target]) == 0
    assert everything(open_store(target), tmp_path / "after") == before


def refused(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, arguments))
    assert ended.value.code == BAD_INPUT
    return capsys.readouterr().err


@pytest.mark.usefixtures("desk_folder")
def test_a_store_without_its_files_is_refused(
    store: Store, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, add_run, tmp_path, n_runs=1)
    (tmp_path / "alone").mkdir()
    shutil.move(tmp_path / "mlflow.db", tmp_path / "alone" / "mlflow.db")
    shutil.rmtree(tmp_path / "mlartifacts")
    output = refused(f"sqlite:///{tmp_path / 'alone' / 'mlflow.db'}", f"sqlite:///{tmp_path / 'new.db'}", capsys=capsys)
    assert (
        f"None of the runs has files in {tmp_path / 'alone' / 'mlartifacts'} or {tmp_path / 'mlartifacts'}. " in output
    )
    assert open_store(f"sqlite:///{tmp_path / 'new.db'}").records() == [], "nothing is begun"


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize("beside", ["its own path", "another"])
def test_files_of_another_store_are_not_taken(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], beside: str
) -> None:
    """A store without its files lies beside one that has some, and this may be where it lay on its own machine."""
    fill(store, add_run, tmp_path, n_runs=1)
    shutil.rmtree(tmp_path / "mlartifacts")
    fetched, target = tmp_path / "mlflow.db", open_store(f"sqlite:///{tmp_path / 'here.db'}")
    if beside == "another":
        fetched = Path(shutil.copy(fetched, tmp_path / "other" / "fetched.db"))
        target = open_store(other_uri)
    fill(target, add_run, tmp_path / "own", n_runs=1)
    n_before = len(target.records())
    output = refused(f"sqlite:///{fetched}", target.uri, capsys=capsys)
    assert "None of the runs has files in" in output
    assert str(fetched.parent / "mlartifacts") in output
    assert len(target.records()) == n_before, "nothing is begun"


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize("named", ["/", "/tmp", "secrets", "link", "linked folder"])
def test_files_outside_a_runs_own_folder_are_not_copied(
    named: str, store: Store, other_uri: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store that was fetched from elsewhere may name any folder, and hold links to any."""
    run = store.begin("emo", "r", tags={"role": "train", "key": "k"}, params={})
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "id_rsa").write_text("secret")
    run.log_artifacts(secrets, "own")
    run.finish({})
    [own] = tmp_path.rglob("artifacts")
    if named == "link":
        (own / "x").symlink_to(secrets / "id_rsa")
    elif named == "linked folder":
        own.rename(own.with_name("aside"))
        own.symlink_to(secrets)
    else:
        with sqlite3.connect(tmp_path / "mlflow.db") as database:
            database.execute("UPDATE runs SET artifact_uri = ?", [f"file://{secrets if named == 'secrets' else named}"])
    output = refused(store.uri, other_uri, capsys=capsys)
    assert "is a link" in output or "no folder of a run's own" in output
    assert open_store(other_uri).records() == [], "nothing is begun"


@pytest.mark.usefixtures("desk_folder")
def test_a_run_that_is_measured_after_it_was_copied(store: Store, other_uri: str, tmp_path: Path) -> None:
    trained = store.begin("emo", "r", tags={"role": "train", "key": "k"}, params={})
    trained.finish({"test_f1": 0.5})
    other = open_store(other_uri)
    main([store.uri, other_uri])
    measure(store, trained.run_id, 1.5, tmp_path / "first")
    main([store.uri, other_uri])
    [copy] = (record for record in other.records() if record.tags["role"] == "train")
    assert copy.metrics["latency_onnx_ms"] == 1.5
    assert other.text(copy.run_id, "bundle/manifest.json") == "1.5"
    measure(store, trained.run_id, 2.5, tmp_path / "second")
    main([store.uri, other_uri])
    [copy] = (record for record in other.records() if record.tags["role"] == "train")
    assert copy.metrics["latency_onnx_ms"] == 1.5, "measured there already"


def measure(store: Store, run_id: str, ms: float, folder: Path) -> None:
    """As the benchmark does: a child with the figure, which its parent gets too, with a completed bundle."""
    folder.mkdir()
    (folder / "manifest.json").write_text(str(ms))
    child = store.begin("emo", "r.inference", tags={"role": "inference", "key": "k"}, params={}, parent=run_id)
    child.finish({"latency_onnx_ms": ms})
    store.add_metrics(run_id, {"latency_onnx_ms": ms})
    store.add_artifacts(run_id, folder, "bundle")


@pytest.mark.usefixtures("desk_folder")
def test_a_report_is_not_copied(store: Store, other_uri: str) -> None:
    store.begin("emo", "report", tags={"role": "report", "key": "report"}, params={}).finish({})
    main([store.uri, other_uri])
    assert open_store(other_uri).records() == []


@pytest.mark.usefixtures("desk_folder")
def test_runs_without_files(store: Store, other_uri: str, add_run: AddRun, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(store)
    assert main([store.uri, other_uri]) == 0
    assert copied(capsys.readouterr().out) == 1


def test_stores_that_cannot_be_merged(
    store: Store, desk_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(desk_folder.rglob("*"))
    assert "none.db does not exist" in refused("sqlite:///none.db", store.uri, capsys=capsys)
    assert "cannot be merged into itself" in refused(store.uri, f"{store.uri}", capsys=capsys)
    assert "Unknown tracking address" in refused("somewhere", capsys=capsys)
    assert "Nothing was started" in refused(store.uri, "http://127.0.0.1:9", capsys=capsys)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    assert "cannot be merged into itself" in refused(store.uri, capsys=capsys)
    assert sorted(desk_folder.rglob("*")) == before, "nothing is made"


@pytest.mark.usefixtures("desk_folder")
def test_one_merge_at_a_time(store: Store, other_uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    from filelock import FileLock

    with FileLock(lock_path("merge")):
        assert "Another merge is running" in refused(store.uri, other_uri, capsys=capsys)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmark.merge", *arguments]
    environment = os.environ | own_environment(folder)
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE)


def complete_copies(store: Store) -> list[Record]:
    return [record for record in store.records() if "merged_at" in record.tags]


def test_a_killed_merge_is_resumed(
    store: Store, other_uri: str, add_run: AddRun, tmp_path: Path, desk_folder: Path
) -> None:
    fill(store, add_run, tmp_path, n_runs=6)
    other = open_store(other_uri)
    first = start(desk_folder, store.uri, other_uri)
    until = time.monotonic() + 600
    while not complete_copies(other) and first.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    complete, places = complete_copies(other), other.records()
    assert 0 < len(complete) < len(places) == 12, "killed half-way"
    assert all(not record.key for record in places if record not in complete), "a half copied run is none yet"
    assert set(other.kill_stale()) == {record.run_id for record in places if record.status == "running"}
    out, _ = start(desk_folder, store.uri, other_uri).communicate()
    assert copied(out) == 12 - len(complete)
    assert [record.run_id for record in other.records()] == [record.run_id for record in places], "none twice"
    assert everything(other, tmp_path / "there") == everything(store, tmp_path / "here")


@pytest.mark.usefixtures("desk_folder")
def test_an_address_is_shown_without_its_password(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"http://me:\*\*\*@127.0.0.1:9") as failed:
        merge_stores(store.uri, "http://me:secret@127.0.0.1:9")
    assert "secret" not in str(failed.value)
    assert not list(tmp_path.glob("*secret*"))
