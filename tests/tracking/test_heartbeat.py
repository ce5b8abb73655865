"""Heartbeats on a server: which runs are running, as seen by machines that share nothing else."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import RunTask
from tests.cli.test_progress import SPEC
from tests.support.mlflow_server import Server
from tracking import ActiveRun, Store, StoreError, owner, runs
from tracking.runs import ALIVE_MS, CHANGED, STALE_MS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("server")]

Later = Callable[[int], None]


@pytest.fixture
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def server_store(server: Server) -> Store:
    return open_store(server.uri)


@pytest.fixture
def later(server_store: Store, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Sets the server's clock forward, as this store sees it, once what was begun before has its mark of before."""
    now = server_store._client.server_time

    def set_forward(ms: int) -> None:
        server_store._client.experiments()
        monkeypatch.setattr(server_store._client, "server_time", lambda: (now() or 0) + ms)

    return set_forward


def begin_run(store: Store, suite: str, key: str = "key", **tags: str) -> ActiveRun:
    return store.begin(suite, "run", tags={"key": key, "role": "train", **tags}, params={"seed": 0})


def test_a_run_with_a_recent_heartbeat_is_running(server_store: Store, suite: str, later: Later) -> None:
    assert not server_store.is_running(suite, "key"), "there is no such suite"
    run = begin_run(server_store, suite)
    assert server_store.is_running(suite, "key")
    assert not server_store.is_running(suite, "key", exclude=run.run_id)
    assert not server_store.is_running(suite, "another")
    assert not server_store.is_running("another", "key")
    later(ALIVE_MS // 2)
    assert server_store.is_running(suite, "key")
    later(ALIVE_MS + 5000)
    assert not server_store.is_running(suite, "key"), "its heartbeat stopped"
    later(0)
    run.finish({})
    assert not server_store.is_running(suite, "key")


def test_a_run_of_a_dead_process_of_this_machine_is_not_running(server_store: Store, suite: str) -> None:
    begin_run(server_store, suite, owner="")
    assert server_store.is_running(suite, "key"), "of another machine"
    host, boot, _, start = owner().rsplit("/", 3)
    begin_run(server_store, suite, key="gone", owner=f"{host}/{boot}/{2**31 - 1}/{start}")
    assert not server_store.is_running(suite, "gone")


def test_a_stale_run_is_killed_by_any_machine(server_store: Store, suite: str, later: Later) -> None:
    silent = begin_run(server_store, suite, key="silent", owner="another machine/boot/1/2")
    later(STALE_MS - 5000)
    assert server_store.kill_stale({"silent", "talking"}) == []
    later(STALE_MS + 5000)
    talking = begin_run(server_store, suite, key="talking", owner="another machine/boot/1/3")
    assert server_store.kill_stale({"silent", "talking"}) == [silent.run_id]
    later(0)
    assert {record.run_id: record.status for record in server_store.records(suite)} == {
        silent.run_id: "killed",
        talking.run_id: "running",
    }
    talking.finish({})


def test_the_heartbeat_stops_with_the_run(
    server_store: Store, suite: str, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.05)
    run = begin_run(server_store, suite)
    begin = marked(server_store, run)
    later(60_000)
    wait_until(lambda: marked(server_store, run) >= begin + 60_000)
    run.finish({})
    end = marked(server_store, run)
    later(120_000)
    time.sleep(0.5)
    assert marked(server_store, run) == end


def test_a_lost_heartbeat_is_followed_by_the_next(
    server_store: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.05)
    beats: list[str] = []

    def away(run_id: str) -> None:
        beats.append(run_id)
        raise ConnectionError

    monkeypatch.setattr(server_store._client.heartbeat, "_send", away)
    run = begin_run(server_store, suite)
    wait_until(lambda: beats.count(run.run_id) > 2)
    run.finish({})


def test_a_cancelled_run_has_a_reason(server_store: Store, suite: str) -> None:
    begin_run(server_store, suite).kill("Another machine had begun it too.")
    [record] = server_store.records(suite)
    assert (record.status, record.tags["reason"]) == ("killed", "Another machine had begun it too.")


def test_an_sqlite_store_has_no_heartbeats(store: Store) -> None:
    run = begin_run(store, "classification")
    assert not store.is_running("classification", "key")
    assert CHANGED not in store._client._mlflow.get_run(run.run_id).data.metrics
    run.finish({})


def marked(store: Store, run: ActiveRun) -> int:
    """Time of the last heartbeat, after all requests were sent."""
    return max(int(point.value) for point in store._client.points(run.run_id, CHANGED))


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def run_of(server_store: Store, suite: str) -> tuple[RunTask, Runner]:
    """A run without data, which fails when it is begun."""
    runner = Runner(suite_data=None, store_uri=server_store.uri, preset="paper")  # type: ignore[arg-type]
    runner.store = server_store
    return RunTask(spec=replace(SPEC, suite=suite)), runner


@pytest.mark.usefixtures("desk_folder")
def test_a_run_of_another_machine_is_left_to_it(server_store: Store, suite: str) -> None:
    run, runner = run_of(server_store, suite)
    other = server_store.begin(suite, "theirs", tags=runner.tags(run.spec, "train"), params=asdict(run.spec))
    assert run.run(runner, print) is None
    assert len(server_store.records(suite)) == 1
    other.finish({"test_f1": 0.5})
    outcome = run.run(runner, print)
    assert outcome is not None
    assert (outcome.run_id, outcome.metrics["test_f1"]) == (other.run_id, 0.5)


@pytest.mark.usefixtures("desk_folder")
def test_a_run_that_another_machine_began_too_is_cancelled(
    server_store: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runner = run_of(server_store, suite)
    looked: list[str] = []

    def begun_behind_our_back(spec: RunSpec, besides: str = "") -> bool:
        looked.append(besides)
        if not besides:  # nobody has begun it yet
            server_store.begin(suite, "theirs", tags=runner.tags(spec, "train"), params=asdict(spec))
            return False
        return Runner.is_running_elsewhere(runner, spec, besides)

    monkeypatch.setattr(runner, "is_running_elsewhere", begun_behind_our_back)
    assert run.run(runner, print) is None
    assert len(looked) == 2
    assert sorted(record.status for record in server_store.records(suite)) == ["killed", "running"]


@pytest.mark.usefixtures("desk_folder")
def test_a_stale_run_is_repeated(server_store: Store, suite: str, later: Later) -> None:
    run, runner = run_of(server_store, suite)
    tags = runner.tags(run.spec, "train") | {"owner": "another machine/boot/1/2"}
    silent = server_store.begin(suite, "theirs", tags=tags, params=asdict(run.spec))
    later(ALIVE_MS + 5000)
    outcome = run.run(runner, print)
    assert outcome is not None
    assert outcome.run_id != silent.run_id
    assert outcome.failure, "it was begun"


@pytest.mark.usefixtures("desk_folder")
def test_a_refused_request_fails_the_run_and_not_the_sweep(
    server_store: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runner = run_of(server_store, suite)
    monkeypatch.setattr(runner, "is_running_elsewhere", once_begun(StoreError("refused")))
    outcome = run.run(runner, print)
    assert outcome is not None
    assert outcome.failure == "StoreError: refused"
    [record] = server_store.records(suite)
    assert (record.status, record.tags["reason"]) == ("failed", outcome.failure)


@pytest.mark.usefixtures("desk_folder")
def test_an_interrupt_leaves_no_active_run(server_store: Store, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, runner = run_of(server_store, suite)
    monkeypatch.setattr(runner, "is_running_elsewhere", once_begun(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run.run(runner, print)
    assert [record.status for record in server_store.records(suite)] == ["killed"]


def once_begun(error: BaseException) -> Callable[..., bool]:
    """Replacement of `Runner.is_running_elsewhere`: False before the run is begun, an error afterwards."""

    def ask(_: RunSpec, besides: str = "") -> bool:
        if besides:
            raise error
        return False

    return ask
