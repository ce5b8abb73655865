"""Processes that share a store, and those that were killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmark.core.run_store import open_store
from tests.support import ROOT
from tests.support.run_factory import TAGS
from tests.support.runs import SECONDS, wait_until
from tests.support.warm import WarmProcess
from tracking import Store, is_dead, owner, sqlite_store
from tracking.sqlite_store import _create_draft as create_draft


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(uri: str, name: str) -> None:
    store = open_store(uri)
    for seed in range(8):
        run = store.begin("emo", f"{name}.seed{seed}", tags={"key": f"{name}{seed}"}, params={"seed": seed})
        run.log_epoch(1, {"train_loss": 0.5})
        run.finish({"test_f1": 0.5})


def test_two_processes_write_at_once_into_a_store_that_neither_has_made(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'deep' / 'mlflow.db'}"
    writers = [WarmProcess(write, uri, name) for name in ("a", "b")]
    errors = [writer.communicate(timeout=600)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert errors == ["", ""], "MLflow's chatter is silenced"
    records = open_store(uri).records("emo")
    assert sorted(record.key for record in records) == sorted(f"{name}{seed}" for name in "ab" for seed in range(8))
    assert {record.status for record in records} == {"finished"}
    assert all(record.metrics["test_f1"] == 0.5 for record in records)


def make(uri: str) -> None:
    open_store(uri)


def test_a_process_killed_while_it_creates_the_store_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "_create_draft", create_draft)
    maker = WarmProcess(make, f"sqlite:///{tmp_path}/m.db")
    draft = tmp_path / ".m.db.new"
    while not (draft.exists() and draft.stat().st_size) and maker.poll() is None:
        time.sleep(0.01)
    maker.kill()
    maker.communicate()
    assert draft.exists(), "killed half-way"
    open_store(f"sqlite:///{tmp_path}/m.db").begin("emo", "r", tags=TAGS, params={}).finish({})
    assert {path.name for path in tmp_path.iterdir()} == {"m.db"}


def one_and_a_half(uri: str) -> None:
    """Two runs, and a process that goes on in the second."""
    store = open_store(uri)
    store.begin("emo", "done", tags={"key": "done"}, params={}).finish({"test_f1": 0.5})
    store.begin("emo", "half", tags={"key": "half"}, params={}).log_epoch(1, {"train_loss": 0.5})
    time.sleep(SECONDS)


def test_the_runs_of_a_killed_process_are_ended_and_those_of_a_living_one_are_not(store: Store, store_uri: str) -> None:
    killed = WarmProcess(one_and_a_half, store_uri)
    wait_until(lambda: [record.metrics for record in store.records()] == [{"test_f1": 0.5}, {"epoch/train_loss": 0.5}])
    store.begin("emo", "mine", tags={"key": "mine"}, params={})
    assert store.kill_stale() == [], "its process lives"
    killed.kill()
    killed.wait()
    assert store.kill_stale({"other"}) == [], "not asked for"
    [stale] = store.kill_stale({"half", "mine", "done"})
    statuses = {record.key: record.status for record in store.records()}
    assert statuses == {"done": "finished", "half": "killed", "mine": "running"}
    assert stale in [record.run_id for record in store.records() if record.key == "half"]


def test_processes_of_other_machines_are_never_dead() -> None:
    assert not is_dead(owner())
    assert not is_dead("another-host/boot/1/1")
    assert not is_dead("")
    host, boot, _, start = owner().rsplit("/", 3)
    assert is_dead(f"{host}/{boot}/999999999/{start}")


def test_importing_the_package_is_quick() -> None:
    process = run_python("import sys, tracking; sys.exit('mlflow' in sys.modules or 'torch' in sys.modules)")
    process.communicate()
    assert process.returncode == 0


def test_an_sqlite_store_is_read_without_mlflow(store: Store, store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file.txt").write_text("kept")
    run = store.begin("emo", "r", tags=TAGS, params={})
    run.log_artifacts(tmp_path / "kept", "deep")
    run.finish({"test_f1": 0.5})
    code = """
import sys
from pathlib import Path

import pytest
from benchmark.core.run_store import open_store
store = open_store(sys.argv[1], create=False)
[record] = store.records("emo")
kept = store.download(record.run_id, "deep/file.txt", Path(sys.argv[2]))
store.add_artifacts(record.run_id, kept.parent)
print(record.metrics, store.history(record.run_id, "test_f1"), kept.read_text(), "mlflow" in sys.modules)
"""
    reader = run_python(code, store_uri, str(tmp_path / "to"))
    assert reader.communicate(timeout=600) == ("{'test_f1': 0.5} [] kept False\n", "")
    assert store.download(run.run_id, "file.txt", tmp_path / "back").read_text() == "kept"


def test_a_process_that_ended_is_dead_before_its_parent_asks_how() -> None:
    child = run_python("from tracking import owner; print(owner())")
    assert child.stdout
    name = child.stdout.readline().strip()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(name)
    child.communicate()


def test_a_malformed_owner_is_not_dead() -> None:
    host, boot, _, start = owner().rsplit("/", 3)
    for pid in ("x", "-1", "0", "9" * 30, "9" * 5000):
        assert not is_dead(f"{host}/{boot}/{pid}/{start}")
