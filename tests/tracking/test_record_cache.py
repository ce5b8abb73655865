"""What is read of a server a second time: only what has changed, and never anything else than what stands there."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from tests.support.damage import damage
from tests.support.mlflow_server import Server, serving
from tests.support.run_factory import AddRun
from tracking import Merge, Record, Store, StoreError, record_cache
from tracking.record_cache import FULL_READING_MS, MARGIN_MS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("server")]

LATER_MS = 2 * MARGIN_MS


class Runner:
    """A store that remembers, by clocks that are set: the server's, and this machine's when it begins a run."""

    def __init__(self, uri: str, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.suite = open_store(uri), suite
        self.client = self.store._client
        self.now = self.own_now = self.client.server_time() or 0
        self.asked: set[str] = set()
        monkeypatch.setattr(self.client, "server_time", lambda: self.now)
        monkeypatch.setattr(self.client, "runs", partial(self._counted, self.client.runs))
        monkeypatch.setattr(self.client, "create_run", partial(self._begun, self.client.create_run))

    def _counted(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        found = ask(*arguments, **options)
        self.asked |= {run.info.run_id for run in found}
        return found

    def _begun(self, create: Callable[..., str], *arguments: Any, start_time: int | None = None) -> str:
        return create(*arguments, start_time=start_time or self.own_now)

    def read(self) -> list[Record]:
        """A while after all that was done before."""
        self.asked.clear()
        self.now, self.own_now = self.now + LATER_MS, self.own_now + LATER_MS
        return self.store.records(self.suite)

    def standing(self) -> list[Record]:
        """What the server has, whatever is remembered."""
        [experiment] = [e for e, suite in self.client.experiments().items() if suite == self.suite]
        seen = self.store._cache._request(experiment, self.suite).values()
        return sorted((one.record for one in seen), key=lambda record: record.start_time)


@pytest.fixture
def runner(
    server: Server,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    add_run: AddRun,
) -> Runner:
    """A suite of three finished runs, which have been read."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    runner = Runner(server.uri, request.node.name, monkeypatch)
    for seed in range(3):
        add_run(runner.store, runner.suite, seed=seed)
        runner.own_now += 1
    runner.read()
    return runner


def test_nothing_is_asked_for_twice(runner: Runner) -> None:
    assert len(runner.read()) == 3
    assert runner.asked == set()
    assert runner.read() == runner.standing()


def test_a_later_figure(runner: Runner) -> None:
    changed = runner.read()[1].run_id
    runner.store.add_metrics(changed, {"test_f1": 0.25})
    assert [record.metrics.get("test_f1") for record in runner.read()] == [None, 0.25, None]
    assert runner.asked == {changed}
    assert runner.read() == runner.standing()


def test_a_run_that_is_begun_goes_on_and_ends(runner: Runner, add_run: AddRun) -> None:
    begun = add_run(runner.store, runner.suite, seed=7, status="running")
    for epoch in (1, 2):
        runner.store.resume(begun).log_epoch(epoch, {"valid_f1": epoch / 4})
        assert len(runner.store.history(begun, "valid_f1")) == epoch, "it has arrived"
        assert runner.read()[-1].metrics["epoch/valid_f1"] == epoch / 4
        assert runner.asked == {begun}
    runner.client._mlflow.set_terminated(begun, "FINISHED")  # without a mark
    assert runner.read()[-1].status == "finished"
    assert runner.read() == runner.standing()


def test_a_run_of_a_machine_whose_clock_is_a_month_behind(runner: Runner, add_run: AddRun) -> None:
    runner.own_now -= 30 * FULL_READING_MS
    late = add_run(runner.store, runner.suite, seed=7)
    runner.own_now += 30 * FULL_READING_MS
    assert runner.read()[0].run_id == late, "the oldest by its own clock"
    assert runner.asked == {late}
    assert runner.read() == runner.standing()


def test_a_run_of_a_client_that_leaves_no_mark(runner: Runner) -> None:
    experiment = runner.client.experiment(runner.suite, {})
    run = runner.client._mlflow.create_run(experiment, runner.own_now, {"key": "old"})
    runner.client._mlflow.set_terminated(run.info.run_id, "FINISHED")
    assert runner.read()[-1].key == "old"
    assert runner.asked == {run.info.run_id}
    assert runner.read() == runner.standing()


def test_what_is_deleted_and_what_comes_back(runner: Runner) -> None:
    one, two, three = (record.run_id for record in runner.read())
    for run_id in (one, three):
        runner.client._mlflow.delete_run(run_id)
    assert [record.run_id for record in runner.read()] == [two]
    runner.client._mlflow.restore_run(three)
    assert [record.run_id for record in runner.read()] == [two, three]
    assert runner.read() == runner.standing()


def test_an_experiment_that_is_deleted_and_restored(runner: Runner) -> None:
    before = runner.read()
    experiment = runner.client.experiment(runner.suite, {})
    runner.client._mlflow.delete_experiment(experiment)
    assert runner.read() == []
    runner.client._mlflow.restore_experiment(experiment)
    assert runner.read() == before
    assert runner.asked == set()


def test_another_store_at_the_same_address(
    migrated_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add_run: AddRun
) -> None:
    """The ids of its experiments are the same."""
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    stores = {student: f"sqlite:///{tmp_path / student}.db" for student in ("cnn", "bilstm")}
    for student, uri in stores.items():
        shutil.copy(migrated_db, tmp_path / f"{student}.db")
        add_run(open_store(uri), student=student)

    def told(server: Server) -> list[tuple[str, str]]:
        return [(record.suite, record.tags["student"]) for record in open_store(server.uri).records()]

    with serving(tmp_path / "server", stores["cnn"]) as server:
        assert told(server) == [("classification", "cnn")]
        server.change_store(stores["bilstm"])
        assert told(server) == [("classification", "bilstm")]


def test_a_memory_of_another_form_is_let_be(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version may still use it."""
    [earlier] = (tmp_path / "cache" / "runs").iterdir()
    content = earlier.read_bytes()
    monkeypatch.setattr(record_cache, "TABLES", f"{record_cache.TABLES}CREATE TABLE IF NOT EXISTS later (run_id TEXT);")
    assert len(open_store(runner.store.uri).records(runner.suite)) == 3
    assert earlier.read_bytes() == content
    assert len(list(earlier.parent.iterdir())) == 2


def test_curves_and_texts_of_an_ended_run_are_fetched_once(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = runner.read()[0].run_id
    fetched: list[str] = []

    def noting(name: str, ask: Callable[..., Any]) -> None:
        monkeypatch.setattr(runner.client, name, lambda *given: (fetched.append(name), ask(*given))[1])

    noting("history", runner.client.history)
    noting("download", runner.client.download)
    for text in ("as it was", "as it is now"):
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / "a.txt").write_text(text)
        runner.store.add_artifacts(run_id, tmp_path / "files")
        runner.client.log_point(run_id, {"epoch/valid_f1": 0.5}, len(text))
        runner.store.records(runner.suite)
        for n_readings in (1, 2, 3, 3):  # remembered once it has been left alone for a while
            assert runner.store.text(run_id, "a.txt") == text
            assert runner.store.history(run_id, "valid_f1")[-1] == (len(text), 0.5)
            assert fetched == ["download", "history"] * n_readings
            if n_readings == 2:
                runner.read()
        fetched.clear()


def test_a_run_that_goes_on_is_asked_for_its_curve_each_time(runner: Runner, add_run: AddRun) -> None:
    begun = add_run(runner.store, runner.suite, seed=7, status="running")
    runner.read()
    for epoch in (1, 2):
        runner.store.resume(begun).log_epoch(epoch, {"valid_f1": epoch / 4})
        assert len(runner.store.history(begun, "valid_f1")) == epoch
        runner.read()


def test_a_file_that_is_not_there(runner: Runner) -> None:
    with pytest.raises(StoreError):
        runner.store.text(runner.read()[0].run_id, "none.txt")


def test_runs_that_are_merged_in(runner: Runner, store: Store, add_run: AddRun) -> None:
    """They are older than the last reading."""
    add_run(store, runner.suite, seed=9, test_f1=0.5)
    merge = Merge(store._client, runner.client)
    assert len(list(merge.copy())) == 1
    assert [record.params["seed"] for record in runner.read()].count("9") == 1
    assert runner.read() == runner.standing()
    back = Merge(runner.client, store._client)
    assert back.n_present == 1
    list(back.copy())
    assert "store/changed_at_ms" not in {
        name for known in (runner.read(), store.records()) for r in known for name in r.metrics
    }


def test_a_trial_whose_study_is_merged_in_later(runner: Runner, store: Store) -> None:
    study = store.begin(runner.suite, "study", tags={}, params={})
    store.begin(runner.suite, "trial", tags={}, params={}, parent=study.run_id).finish({})
    list(Merge(store._client, runner.client).copy())
    assert [record.parent for record in runner.read() if record.name == "trial"] == [study.run_id]
    study.finish({})
    list(Merge(store._client, runner.client).copy())
    there = {record.name: record for record in runner.read()}
    assert there["trial"].parent == there["study"].run_id
    assert runner.read() == runner.standing()


def test_all_is_read_anew_once_a_day_and_where_the_servers_clock_went_back(runner: Runner) -> None:
    ids = {record.run_id for record in runner.read()}
    runner.client._mlflow.set_tag(min(ids), "by_hand", "in the UI")
    assert "by_hand" not in {name for record in runner.read() for name in record.tags}
    runner.now += FULL_READING_MS
    assert "by_hand" in {name for record in runner.read() for name in record.tags}
    assert runner.asked == ids
    runner.now -= FULL_READING_MS
    runner.read()
    assert runner.asked == ids


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_memory_is_read_anew(runner: Runner, tmp_path: Path, seed: int) -> None:
    [kept] = (tmp_path / "cache" / "runs").iterdir()
    damage(kept, Random(seed))
    assert runner.read() == runner.standing()
    assert runner.read() == runner.standing()


def test_a_row_that_is_not_as_it_was_written(runner: Runner, tmp_path: Path) -> None:
    [kept] = (tmp_path / "cache" / "runs").iterdir()
    content = kept.read_bytes()
    assert content.count(b'"train_seconds": 12.5') == 3
    kept.write_bytes(content.replace(b'"train_seconds": 12.5', b'"train_seconds": 99.5', 1))
    assert {record.metrics["train_seconds"] for record in runner.read()} == {12.5}
    assert runner.read() == runner.standing()


def test_without_a_place_to_remember(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "file"))
    runner.store = open_store(runner.store.uri)
    assert len(runner.read()) == 3
