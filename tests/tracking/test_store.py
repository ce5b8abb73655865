"""The store: what is written is read back."""

import copy
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.run_factory import TAGS
from tracking import ActiveRun, Store, StoreError, git_commit, machine
from tracking.config import never
from tracking.connection import Outbox


def test_a_run_is_read_as_it_was_written(store: Store) -> None:
    run = store.begin("emo", "emot.cnn.kd.seed0", tags=TAGS, params={"seed": 0, "rate": 1e-3, "nothing": None})
    run.log_epoch(1, {"train_loss": 0.9, "valid_f1": 0.4})
    run.log_epoch(2, {"train_loss": 0.5, "valid_f1": 0.6})
    run.finish({"test_f1": 0.25, "latency_onnx_ms": 1.5, "latency_torch_ms": None, "size_onnx_mib": float("nan")})
    store.add_metrics(run.run_id, {"latency_text_ms": 2.5})
    [record] = store.records("emo")
    assert (record.run_id, record.name, record.status, record.suite) == (
        run.run_id,
        "emot.cnn.kd.seed0",
        "finished",
        "emo",
    )
    assert record.params == {"seed": "0", "rate": "0.001"}
    assert record.metrics == {
        "epoch/train_loss": 0.5,
        "epoch/valid_f1": 0.6,
        "test_f1": 0.25,
        "latency_onnx_ms": 1.5,
        "latency_text_ms": 2.5,
    }
    assert record.tags["git_commit"] == git_commit()
    assert record.tags["machine"] == machine()
    assert record.end_time is not None
    assert record.end_time >= record.start_time


def test_a_copy_for_another_process_connects_by_itself(store: Store) -> None:
    store.begin("emo", "ours", tags=TAGS, params={}).finish({})
    theirs = copy.copy(store)  # as pickle does
    assert "_client" not in vars(theirs)
    theirs.begin("emo", "theirs", tags=TAGS, params={}).finish({"test_f1": 0.5})
    assert [(record.name, record.metrics) for record in store.records()] == [("ours", {}), ("theirs", {"test_f1": 0.5})]


def test_every_status(store: Store) -> None:
    endings: dict[str, Callable[[ActiveRun], None]] = {
        "finished": lambda run: run.finish({}),
        "skipped": lambda run: run.skip("private"),
        "failed": lambda run: run.fail("no memory"),
        "killed": lambda run: run.kill(),
        "running": lambda _: None,
    }
    for name, end in endings.items():
        end(store.begin("emo", name, tags=TAGS, params={}))
    records = store.records()
    assert [record.name for record in records] == list(endings), "oldest first"
    assert [record.status for record in records] == list(endings)
    assert [record.tags.get("reason") for record in records] == [None, "private", "no memory", None, None]


def test_children_suites_and_unknown_suites(store: Store) -> None:
    parent = store.begin("a", "train", tags=TAGS, params={})
    store.begin("a", "latency", tags=TAGS, params={}, parent=parent.run_id).finish({})
    store.begin("b", "other", tags=TAGS, params={}).finish({})
    assert [record.parent for record in store.records("a")] == [None, parent.run_id]
    assert store.suites() == ["a", "b"]
    assert len(store.records()) == 3
    assert store.records("c") == []


def test_files_are_stored_in_the_suites_folder(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "labels.json").write_text("[]")
    run = store.begin("../../evil suite", "r", tags=TAGS, params={})
    run.log_artifacts(folder, "bundle")
    assert store.download(run.run_id, "bundle", tmp_path / "to").joinpath("labels.json").read_text() == "[]"
    stored = list((tmp_path / "mlartifacts").rglob("labels.json"))
    assert len(stored) == 1
    with pytest.raises(StoreError, match="nowhere"):
        store.download(run.run_id, "nowhere", tmp_path / "to")


def test_long_values_are_cut_and_stored_in_full(store: Store, tmp_path: Path) -> None:
    run = store.begin("emo", "r", tags=TAGS, params={"text": "y" * 7000})
    run.fail("x" * 9000)
    [record] = store.records()
    assert record.params["text"].endswith("7000 characters, whole in long_values/text.txt]")
    assert len(record.tags["reason"]) == 8000
    whole = store.download(run.run_id, "long_values", tmp_path / "to")
    assert (whole / "reason.txt").read_text() == "x" * 9000
    assert (whole / "text.txt").read_text() == "y" * 7000


def test_a_link_does_not_lead_out_of_a_runs_files(store: Store, tmp_path: Path) -> None:
    new, outside = tmp_path / "new", tmp_path / "outside"
    new.mkdir()
    outside.mkdir()
    (new / "a.txt").write_text("new")
    run = store.begin("emo", "r", tags={}, params={})
    run.log_artifacts(new, "bundle")
    [bundle] = tmp_path.rglob("artifacts/bundle")
    bundle.rename(bundle.with_name("aside"))
    bundle.symlink_to(outside)
    with pytest.raises(StoreError, match="leads out of the run's files by a link"):
        store.add_artifacts(run.run_id, new, "bundle")
    assert list(outside.iterdir()) == []
    bundle.unlink()
    bundle.symlink_to("aside")
    store.add_artifacts(run.run_id, new, "bundle")


def test_the_outbox_sends_in_order_and_stops_at_a_failure() -> None:
    outbox, sent, gate = Outbox(never), list[int](), threading.Event()
    outbox.put(gate.wait)
    for number in range(5):
        outbox.put(lambda number=number: sent.append(number))
    assert sent == [], "put() does not wait"
    gate.set()
    outbox.flush()
    assert sent == [0, 1, 2, 3, 4]
    outbox.put(lambda: 1 / 0)
    outbox.put(lambda: sent.append(5))
    with pytest.raises(ZeroDivisionError):
        outbox.flush()
    outbox.flush()
    assert sent == [0, 1, 2, 3, 4]
