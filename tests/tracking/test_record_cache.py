"""Cached records of a server: only changes are requested, and the records equal the server's."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from tests.support.clocked_store import ClockedStore
from tests.support.damage import damage
from tests.support.mlflow_server import Server, serving
from tests.support.run_factory import AddRun
from tracking import Merge, Store, StoreError, record_cache
from tracking.record_cache import FULL_READING_MS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("server")]


def test_unchanged_runs_are_requested_once(clocked: ClockedStore) -> None:
    assert len(clocked.read()) == 3
    assert clocked.requested == set()
    assert clocked.read() == clocked.server_records()


def test_two_readings_within_one_second_of_the_server(clocked: ClockedStore) -> None:
    """The first is a full one, whose time the second one has too."""
    assert len(clocked.store.records(clocked.suite)) == 3
    assert clocked.read() == clocked.server_records()


def test_a_metric_added_later(clocked: ClockedStore) -> None:
    changed = clocked.read()[1].run_id
    clocked.store.add_metrics(changed, {"test_f1": 0.25})
    assert [record.metrics.get("test_f1") for record in clocked.read()] == [None, 0.25, None]
    assert clocked.requested == {changed}
    assert clocked.read() == clocked.server_records()


def test_an_active_run_until_its_end(clocked: ClockedStore, add_run: AddRun) -> None:
    run_id = add_run(clocked.store, clocked.suite, seed=7, status="running")
    for epoch in (1, 2):
        clocked.store.resume(run_id).log_epoch(epoch, {"valid_f1": epoch / 4})
        assert len(clocked.store.history(run_id, "valid_f1")) == epoch, "it has arrived"
        assert clocked.read()[-1].metrics["epoch/valid_f1"] == epoch / 4
        assert clocked.requested == {run_id}
    clocked.client._mlflow.set_terminated(run_id, "FINISHED")  # without a mark
    assert clocked.read()[-1].status == "finished"
    assert clocked.read() == clocked.server_records()


def test_a_run_of_a_machine_whose_clock_is_a_month_behind(clocked: ClockedStore, add_run: AddRun) -> None:
    clocked.own_now -= 30 * FULL_READING_MS
    late = add_run(clocked.store, clocked.suite, seed=7)
    clocked.own_now += 30 * FULL_READING_MS
    assert clocked.read()[0].run_id == late, "the oldest by its own clock"
    assert clocked.requested == {late}
    assert clocked.read() == clocked.server_records()


def test_a_run_of_another_client(clocked: ClockedStore) -> None:
    experiment = clocked.client.experiment(clocked.suite, {})
    run = clocked.client._mlflow.create_run(experiment, clocked.own_now, {"key": "old"})
    clocked.client._mlflow.set_terminated(run.info.run_id, "FINISHED")
    assert clocked.read()[-1].key == "old"
    assert clocked.requested == {run.info.run_id}
    assert clocked.read() == clocked.server_records()


def test_deleted_and_restored_runs(clocked: ClockedStore) -> None:
    one, two, three = (record.run_id for record in clocked.read())
    for run_id in (one, three):
        clocked.client._mlflow.delete_run(run_id)
    assert [record.run_id for record in clocked.read()] == [two]
    clocked.client._mlflow.restore_run(three)
    assert [record.run_id for record in clocked.read()] == [two, three]
    assert clocked.read() == clocked.server_records()


def test_a_deleted_and_restored_experiment(clocked: ClockedStore) -> None:
    before = clocked.read()
    experiment = clocked.client.experiment(clocked.suite, {})
    clocked.client._mlflow.delete_experiment(experiment)
    assert clocked.read() == []
    clocked.client._mlflow.restore_experiment(experiment)
    assert clocked.read() == before
    assert clocked.requested == set()


@pytest.mark.nightly
def test_another_store_at_the_same_address(
    migrated_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add_run: AddRun
) -> None:
    """The ids of its experiments are the same."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    stores = {student: f"sqlite:///{tmp_path / student}.db" for student in ("cnn", "bilstm")}
    for student, uri in stores.items():
        shutil.copy(migrated_db, tmp_path / f"{student}.db")
        add_run(open_store(uri), student=student)

    def stored_runs(server: Server) -> list[tuple[str, str]]:
        return [(record.suite, record.tags["student"]) for record in open_store(server.uri).records()]

    with serving(tmp_path / "server", stores["cnn"]) as server:
        assert stored_runs(server) == [("classification", "cnn")]
        server.change_store(stores["bilstm"])
        assert stored_runs(server) == [("classification", "bilstm")]


def test_a_cache_of_another_format_is_left_alone(
    clocked: ClockedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version may still use it."""
    [earlier] = (tmp_path / "cache" / "runs").iterdir()
    content = earlier.read_bytes()
    monkeypatch.setattr(record_cache, "TABLES", f"{record_cache.TABLES}CREATE TABLE IF NOT EXISTS later (run_id TEXT);")
    assert len(open_store(clocked.store.uri).records(clocked.suite)) == 3
    assert earlier.read_bytes() == content
    assert len(list(earlier.parent.iterdir())) == 2


def test_curves_and_texts_of_an_ended_run_are_fetched_once(
    clocked: ClockedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = clocked.read()[0].run_id
    fetched: list[str] = []

    def noting(name: str, ask: Callable[..., Any]) -> None:
        monkeypatch.setattr(clocked.client, name, lambda *args: (fetched.append(name), ask(*args))[1])

    noting("history", clocked.client.history)
    noting("download", clocked.client.download)
    for text in ("as it was", "as it is now"):
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / "a.txt").write_text(text)
        clocked.store.add_artifacts(run_id, tmp_path / "files")
        clocked.client.log_point(run_id, {"epoch/valid_f1": 0.5}, len(text))
        clocked.store.records(clocked.suite)
        for n_readings in (1, 2, 3, 3):  # remembered once it has been left alone for a while
            assert clocked.store.text(run_id, "a.txt") == text
            assert clocked.store.history(run_id, "valid_f1")[-1] == (len(text), 0.5)
            assert fetched == ["download", "history"] * n_readings
            if n_readings == 2:
                clocked.read()
        fetched.clear()


def test_the_curve_of_an_active_run_is_not_cached(clocked: ClockedStore, add_run: AddRun) -> None:
    run_id = add_run(clocked.store, clocked.suite, seed=7, status="running")
    clocked.read()
    for epoch in (1, 2):
        clocked.store.resume(run_id).log_epoch(epoch, {"valid_f1": epoch / 4})
        assert len(clocked.store.history(run_id, "valid_f1")) == epoch
        clocked.read()


def test_a_missing_file(clocked: ClockedStore) -> None:
    with pytest.raises(StoreError):
        clocked.store.text(clocked.read()[0].run_id, "none.txt")


def test_merged_runs(clocked: ClockedStore, store: Store, add_run: AddRun) -> None:
    """They are older than the last reading."""
    add_run(store, clocked.suite, seed=9, test_f1=0.5)
    merge = Merge(store._client, clocked.client)
    assert len(list(merge.copy())) == 1
    assert [record.params["seed"] for record in clocked.read()].count("9") == 1
    assert clocked.read() == clocked.server_records()
    back = Merge(clocked.client, store._client)
    assert back.n_present == 1
    list(back.copy())
    assert "store/changed_at_ms" not in {
        name for records in (clocked.read(), store.records()) for r in records for name in r.metrics
    }


def test_a_trial_whose_study_is_merged_later(clocked: ClockedStore, store: Store) -> None:
    study = store.begin(clocked.suite, "study", tags={}, params={})
    store.begin(clocked.suite, "trial", tags={}, params={}, parent=study.run_id).finish({})
    list(Merge(store._client, clocked.client).copy())
    assert [record.parent for record in clocked.read() if record.name == "trial"] == [study.run_id]
    study.finish({})
    list(Merge(store._client, clocked.client).copy())
    there = {record.name: record for record in clocked.read()}
    assert there["trial"].parent == there["study"].run_id
    assert clocked.read() == clocked.server_records()


def test_a_full_reading_once_a_day_and_after_the_clock_was_set_back(clocked: ClockedStore) -> None:
    ids = {record.run_id for record in clocked.read()}
    clocked.client._mlflow.set_tag(min(ids), "by_hand", "in the UI")
    assert "by_hand" not in {name for record in clocked.read() for name in record.tags}
    clocked.now += FULL_READING_MS
    assert "by_hand" in {name for record in clocked.read() for name in record.tags}
    assert clocked.requested == ids
    clocked.now -= FULL_READING_MS
    clocked.read()
    assert clocked.requested == ids


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_cache_is_replaced(clocked: ClockedStore, tmp_path: Path, seed: int) -> None:
    [kept] = (tmp_path / "cache" / "runs").iterdir()
    damage(kept, Random(seed))
    assert clocked.read() == clocked.server_records()
    assert clocked.read() == clocked.server_records()


def test_a_damaged_row(clocked: ClockedStore, tmp_path: Path) -> None:
    [kept] = (tmp_path / "cache" / "runs").iterdir()
    content = kept.read_bytes()
    assert content.count(b'"train_seconds": 12.5') == 3
    kept.write_bytes(content.replace(b'"train_seconds": 12.5', b'"train_seconds": 99.5', 1))
    assert {record.metrics["train_seconds"] for record in clocked.read()} == {12.5}
    assert clocked.read() == clocked.server_records()


def test_an_unwritable_cache_folder(clocked: ClockedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "file"))
    clocked.store = open_store(clocked.store.uri)
    assert len(clocked.read()) == 3
