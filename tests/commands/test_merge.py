"""`benchmark.merge`: every run is copied once and completely, also after an interrupt."""

import re
import shutil
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

from benchmark.core.run_store import open_store
from benchmark.merge import main
from tests.support.merging import OWN_TAGS, copied, everything, fill
from tests.support.run_factory import AddRun
from tests.support.warm import WarmCommand
from tracking import Record, Store


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


def complete_copies(store: Store) -> list[Record]:
    return [record for record in store.records() if "merged_at" in record.tags]


def test_a_killed_merge_is_resumed(
    store: Store,
    other_uri: str,
    add_run: AddRun,
    tmp_path: Path,
    desk_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(store, add_run, tmp_path, n_runs=6)
    other = open_store(other_uri)
    first = WarmCommand(desk_folder, store.uri, other_uri, command="merge")
    until = time.monotonic() + 600
    while not complete_copies(other) and first.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    complete, places = complete_copies(other), other.records()
    assert 0 < len(complete) < len(places) == 12, "killed half-way"
    assert all(not record.key for record in places if record not in complete), "a half copied run is none yet"
    assert set(other.kill_stale()) == {record.run_id for record in places if record.status == "running"}
    assert main([store.uri, other_uri]) == 0
    assert copied(capsys.readouterr().out) == 12 - len(complete)
    assert [record.run_id for record in other.records()] == [record.run_id for record in places], "none twice"
    assert everything(other, tmp_path / "there") == everything(store, tmp_path / "here")
