"""Signs of life on a server: who is at a run, as machines that share nothing else see it."""

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
from tracking import ActiveRun, Store, StoreError, heartbeat, owner
from tracking.heartbeat import ALIVE_MS, STALE_MS
from tracking.runs import CHANGED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("server")]

Later = Callable[[int], None]


@pytest.fixture
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def there(server: Server) -> Store:
    return open_store(server.uri)


@pytest.fixture
def later(there: Store, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Sets the server's clock forward, as this store sees it, once what was begun before has its mark of before."""
    now = there._client.server_time

    def set_forward(ms: int) -> None:
        there._client.experiments()
        monkeypatch.setattr(there._client, "server_time", lambda: (now() or 0) + ms)

    return set_forward


def begun(store: Store, suite: str, key: str = "key", **tags: str) -> ActiveRun:
    return store.begin(suite, "run", tags={"key": key, "role": "train", **tags}, params={"seed": 0})


def test_who_is_at_a_run(there: Store, suite: str, later: Later) -> None:
    assert not there.is_running(suite, "key"), "there is no such suite"
    run = begun(there, suite)
    assert there.is_running(suite, "key")
    assert not there.is_running(suite, "key", exclude=run.run_id)
    assert not there.is_running(suite, "another")
    assert not there.is_running("another", "key")
    later(ALIVE_MS - 5000)
    assert there.is_running(suite, "key")
    later(ALIVE_MS + 5000)
    assert not there.is_running(suite, "key"), "it has been silent"
    later(0)
    run.finish({})
    assert not there.is_running(suite, "key")


def test_a_run_of_a_process_of_this_machine_that_is_gone(there: Store, suite: str) -> None:
    begun(there, suite, owner="")
    assert there.is_running(suite, "key"), "of another machine"
    host, boot, _, start = owner().rsplit("/", 3)
    begun(there, suite, key="gone", owner=f"{host}/{boot}/{2**31 - 1}/{start}")
    assert not there.is_running(suite, "gone")


def test_a_silent_run_is_ended_by_whoever_comes(there: Store, suite: str, later: Later) -> None:
    silent = begun(there, suite, key="silent", owner="another machine/boot/1/2")
    later(STALE_MS - 5000)
    assert there.kill_stale({"silent", "talking"}) == []
    later(STALE_MS + 5000)
    talking = begun(there, suite, key="talking", owner="another machine/boot/1/3")
    assert there.kill_stale({"silent", "talking"}) == [silent.run_id]
    later(0)
    assert {record.run_id: record.status for record in there.records(suite)} == {
        silent.run_id: "killed",
        talking.run_id: "running",
    }
    talking.finish({})


def test_a_run_that_goes_on_says_so_until_it_ends(
    there: Store, suite: str, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.05)
    run = begun(there, suite)
    begin = marked(there, run)
    later(60_000)
    wait_until(lambda: marked(there, run) >= begin + 60_000)
    run.finish({})
    end = marked(there, run)
    later(120_000)
    time.sleep(0.5)
    assert marked(there, run) == end


def test_a_server_that_does_not_answer_a_beat_is_asked_again(
    there: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.05)
    beats: list[str] = []

    def away(run_id: str) -> None:
        beats.append(run_id)
        raise ConnectionError

    monkeypatch.setattr(there._client.heartbeat, "_send", away)
    run = begun(there, suite)
    wait_until(lambda: beats.count(run.run_id) > 2)
    run.finish({})


def test_a_withdrawn_run_says_why(there: Store, suite: str) -> None:
    begun(there, suite).cancel()
    [record] = there.records(suite)
    assert (record.status, record.tags["reason"]) == ("killed", "Another machine had begun it too.")


def test_a_file_needs_no_signs(store: Store) -> None:
    run = begun(store, "classification")
    assert not store.is_running("classification", "key")
    assert CHANGED not in store._client._mlflow.get_run(run.run_id).data.metrics
    run.finish({})


def marked(store: Store, run: ActiveRun) -> int:
    """Once what is on its way to the server has arrived."""
    return max(int(point.value) for point in store._client.points(run.run_id, CHANGED))


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def run_of(there: Store, suite: str) -> tuple[RunTask, Runner]:
    """A run that cannot be done: it has no data. Whoever begins it in earnest fails."""
    spec = replace(SPEC, suite=suite)
    runner = Runner(suite_data=None, store_uri=there.uri, preset="paper")  # type: ignore[arg-type]
    runner.store = there
    return RunTask(spec=spec), runner


@pytest.mark.usefixtures("desk_folder")
def test_what_another_machine_is_at_is_left_to_it(there: Store, suite: str) -> None:
    run, runner = run_of(there, suite)
    other = there.begin(suite, "theirs", tags=runner.tags(run.spec, "train"), params=asdict(run.spec))
    assert run.run(runner, print) is None
    assert len(there.records(suite)) == 1
    other.finish({"test_f1": 0.5})
    outcome = run.run(runner, print)
    assert outcome is not None
    assert (outcome.run_id, outcome.metrics["test_f1"]) == (other.run_id, 0.5)


@pytest.mark.usefixtures("desk_folder")
def test_of_two_that_begin_at_once_each_sees_the_other(
    there: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runner = run_of(there, suite)
    looked: list[str] = []

    def begun_behind_our_back(spec: RunSpec, besides: str = "") -> bool:
        looked.append(besides)
        if not besides:  # nobody is at it yet
            there.begin(suite, "theirs", tags=runner.tags(spec, "train"), params=asdict(spec))
            return False
        return Runner.is_running_elsewhere(runner, spec, besides)

    monkeypatch.setattr(runner, "is_running_elsewhere", begun_behind_our_back)
    assert run.run(runner, print) is None
    assert len(looked) == 2
    assert sorted(record.status for record in there.records(suite)) == ["killed", "running"]


@pytest.mark.usefixtures("desk_folder")
def test_a_run_that_fell_silent_is_done_again(there: Store, suite: str, later: Later) -> None:
    run, runner = run_of(there, suite)
    tags = runner.tags(run.spec, "train") | {"owner": "another machine/boot/1/2"}
    silent = there.begin(suite, "theirs", tags=tags, params=asdict(run.spec))
    later(ALIVE_MS + 5000)
    outcome = run.run(runner, print)
    assert outcome is not None
    assert outcome.run_id != silent.run_id
    assert outcome.failure, "it was begun in earnest"


@pytest.mark.usefixtures("desk_folder")
def test_a_question_that_is_refused_fails_the_run_and_not_the_sweep(
    there: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runner = run_of(there, suite)
    monkeypatch.setattr(runner, "is_running_elsewhere", once_begun(StoreError("refused")))
    outcome = run.run(runner, print)
    assert outcome is not None
    assert outcome.failure == "StoreError: refused"
    [record] = there.records(suite)
    assert (record.status, record.tags["reason"]) == ("failed", outcome.failure)


@pytest.mark.usefixtures("desk_folder")
def test_an_interrupt_in_between_leaves_no_run_behind(
    there: Store, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runner = run_of(there, suite)
    monkeypatch.setattr(runner, "is_running_elsewhere", once_begun(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run.run(runner, print)
    assert [record.status for record in there.records(suite)] == ["killed"]


def once_begun(error: BaseException) -> Callable[..., bool]:
    """Replaces `Runner.is_running_elsewhere`: false before the run begins; the second call raises."""

    def ask(_: RunSpec, besides: str = "") -> bool:
        if besides:
            raise error
        return False

    return ask
