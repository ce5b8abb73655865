"""The run store: runs are read as they were written, also beside other writers and after a killed process."""

import copy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from mlflow import MlflowClient

from benchmark.core.run_store import GROUPS, open_store
from tests.support import ROOT
from tests.support.run_factory import AddRun
from tracking import ActiveRun, NoStoreError, Record, Store, StoreError, git_commit, is_dead, machine, owner, ui_command
from tracking.config import resolve
from tracking.connection import Outbox
from tracking.provenance import SOURCE, command

TAGS = {"key": "k", "role": "train"}


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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


@pytest.mark.parametrize(
    "column", [*GROUPS.names, "latency_onnx_int8_ms", "size_onnx_mib", "f1/a@b %é", "made up", "epoch/x", ":x41:"]
)
def test_column_name_inverts_metric_name(column: str) -> None:
    assert GROUPS.column_name(GROUPS.metric_name(column)) == column


def test_metric_names_are_grouped() -> None:
    assert GROUPS.metric_name("test_f1") == "score/test_f1"
    assert GROUPS.metric_name("n_parameters") == "size/parameters"
    assert GROUPS.metric_name("latency_torch_ms") == "latency/torch_ms"


def test_two_processes_write_at_once_into_a_store_that_neither_has_made(tmp_path: Path) -> None:
    code = """
import sys
from benchmark.core.run_store import open_store
store = open_store(sys.argv[1])
for seed in range(8):
    run = store.begin("emo", f"{sys.argv[2]}.seed{seed}", tags={"key": f"{sys.argv[2]}{seed}"}, params={"seed": seed})
    run.log_epoch(1, {"train_loss": 0.5})
    run.finish({"test_f1": 0.5})
"""
    uri = f"sqlite:///{tmp_path / 'deep' / 'mlflow.db'}"
    writers = [run_python(code, uri, name) for name in ("a", "b")]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert errors == ["", ""], "MLflow's chatter is silenced"
    records = open_store(uri).records("emo")
    assert sorted(record.key for record in records) == sorted(f"{name}{seed}" for name in "ab" for seed in range(8))
    assert {record.status for record in records} == {"finished"}
    assert all(record.metrics["test_f1"] == 0.5 for record in records)


def test_a_process_killed_while_it_creates_the_store_does_no_harm(tmp_path: Path) -> None:
    maker = run_python(
        "import sys; from benchmark.core.run_store import open_store; open_store(sys.argv[1])",
        f"sqlite:///{tmp_path}/m.db",
    )
    draft = tmp_path / ".m.db.new"
    while not (draft.exists() and draft.stat().st_size) and maker.poll() is None:
        time.sleep(0.01)
    maker.kill()
    maker.communicate()
    assert draft.exists(), "killed half-way"
    open_store(f"sqlite:///{tmp_path}/m.db").begin("emo", "r", tags=TAGS, params={}).finish({})
    assert {path.name for path in tmp_path.iterdir()} == {"m.db"}


def test_the_runs_of_a_killed_process_are_ended_and_those_of_a_living_one_are_not(store: Store, store_uri: str) -> None:
    code = """
import sys, time
from benchmark.core.run_store import open_store
store = open_store(sys.argv[1])
store.begin("emo", "done", tags={"key": "done"}, params={}).finish({"test_f1": 0.5})
store.begin("emo", "half", tags={"key": "half"}, params={}).log_epoch(1, {"train_loss": 0.5})
print("ready", flush=True)
time.sleep(60)
"""
    killed = run_python(code, store_uri)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    store.begin("emo", "mine", tags={"key": "mine"}, params={})
    assert store.kill_stale() == [], "its process lives"
    killed.send_signal(signal.SIGKILL)
    time.sleep(0.1)
    assert store.kill_stale({"other"}) == [], "not asked for"
    [stale] = store.kill_stale({"half", "mine", "done"})
    killed.communicate()
    statuses = {record.key: record.status for record in store.records()}
    assert statuses == {"done": "finished", "half": "killed", "mine": "running"}
    assert stale in [record.run_id for record in store.records() if record.key == "half"]


def test_processes_of_other_machines_are_never_dead() -> None:
    assert not is_dead(owner())
    assert not is_dead("another-host/boot/1/1")
    assert not is_dead("")
    host, boot, _, start = owner().rsplit("/", 3)
    assert is_dead(f"{host}/{boot}/999999999/{start}")


@pytest.mark.parametrize("listens", [True, False])
def test_a_server_that_does_not_answer_fails_quickly(listens: bool) -> None:
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))
        if listens:
            quiet.listen()
        start = time.monotonic()
        with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
            open_store(f"http://user:secret@127.0.0.1:{quiet.getsockname()[1]}")
        assert time.monotonic() - start < 12


def test_a_server_that_refuses_is_named_without_the_password() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\nConnection: close\r\n\r\nInvalid Host"

    def serve() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(answer)
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(StoreError, match="403") as refused:
        open_store(f"http://user:secret@127.0.0.1:{server.getsockname()[1]}")
    assert "secret" not in str(refused.value)
    server.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}")


def test_a_file_that_is_no_store_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_text() == "not a database, " * 100


def replace_bytes(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"emot.cnn", b"emot\xff\x81nn"), (b"0.125", b"\xff\xfe\xfd25"), (b"CREATE TABLE", b"CRE\x81TE TABLE")],
    ids=["name", "parameter", "schema"],
)
def test_a_damaged_store_is_one_line_with_a_remedy(store: Store, tmp_path: Path, old: bytes, new: bytes) -> None:
    store.begin("emo", "emot.cnn", tags=TAGS, params={"rate": 0.125}).finish({"test_f1": 0.25})
    path = tmp_path / "copy.db"
    shutil.copy(tmp_path / "mlflow.db", path)
    replace_bytes(path, old, new)
    with pytest.raises(StoreError, match=r"copy\.db is damaged: .*\. Restore a copy of it") as refused:
        open_store(f"sqlite:///{path}", create=False).records()
    assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(StoreError, match=r"copy\.db"):
        open_store(f"sqlite:///{path}").records_of_key("emo", "k")


@pytest.mark.parametrize("seed", range(20))
def test_a_store_with_altered_bytes_is_read_or_refused(
    store: Store, add_run: AddRun, tmp_path: Path, seed: int
) -> None:
    add_run(store, valid_f1=0.5)
    dice, path = Random(seed), tmp_path / "mlflow.db"
    content = bytearray(path.read_bytes())
    for place in dice.sample(range(len(content)), 400):
        content[place] = dice.randrange(256)
    path.write_bytes(content)
    with suppress(StoreError):
        open_store(f"sqlite:///{path}", create=False).records()


def test_a_missing_store_is_not_created_for_a_reader(tmp_path: Path) -> None:
    with pytest.raises(NoStoreError, match="no runs yet"):
        open_store(f"sqlite:///{tmp_path / 'mlflow.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_the_argument_wins_over_the_environment_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert resolve().tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert resolve().artifact_location == (tmp_path / "mlartifacts").as_uri()
    Path("mlflow.yml").write_text("tracking_uri: http://file:5000\nartifact_location: s3://bucket/runs\n")
    assert resolve().tracking_uri == "http://file:5000"
    assert resolve().artifact_location == "s3://bucket/runs"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment:5000")
    assert resolve().tracking_uri == "http://environment:5000"
    assert resolve("http://argument:5000/").tracking_uri == "http://argument:5000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("traking_uri: x", "unknown key 'traking_uri'. Did you mean 'tracking_uri'?"),
        ("tracking_uri: [1]", "must be text"),
        ("- a", "must contain"),
        ("a: b: c", "is not YAML"),
        ("tracking_uri: ./mlruns", "Unknown tracking address"),
        ("tracking_uri: ftp://x", "Unknown tracking address"),
    ],
)
def test_a_wrong_file_is_named(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = tmp_path / "mlflow.yml"
    path.write_text(text)
    with pytest.raises(StoreError) as wrong:
        resolve(config=path)
    assert message in str(wrong.value)


def test_the_shipped_file_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert resolve(config=ROOT / "mlflow.yml") == resolve()


def test_the_interface_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ui_command(f"sqlite:///{tmp_path}/mlflow.db") == "mlflow ui --backend-store-uri sqlite:///mlflow.db"
    assert ui_command("http://me:secret@host:5000") == "python -m webbrowser 'http://me:***@host:5000'"


def test_the_interface_opens_with_a_view_of_the_suites_runs(store: Store, store_uri: str) -> None:
    assert store.view_url("moods") == ""
    store.begin("moods", "run", tags={}, params={}).finish({"test_f1": 0.5})
    experiment = MlflowClient(store_uri).get_experiment_by_name("moods")
    address = store.view_url("moods")
    assert address.startswith(f"http://127.0.0.1:5000/#/experiments/{experiment.experiment_id}/runs?")
    key = re.search(r"viewStateShareKey=(\w+)", address)
    assert key is not None
    view = json.loads(experiment.tags[f"mlflow.sharedViewState.{key[1]}"])
    state = json.loads(view["state"])
    assert {"PARALLEL", "SCATTER", "BAR"} == {chart["type"] for chart in state["compareRunCharts"]}
    found = MlflowClient(store_uri).search_runs([experiment.experiment_id], state["searchFilter"])
    assert found == [], "a run without a role and smoke=false is none of the leaderboard"
    tags = {"role": "train", "smoke": "false"}
    store.begin("moods", "counts", tags=tags, params={}).finish({"test_f1": 0.5})
    store.begin("moods", "measured", tags=tags | {"role": "inference"}, params={}).finish({"test_f1": 0.5})
    found = MlflowClient(store_uri).search_runs([experiment.experiment_id], state["searchFilter"])
    assert [run.info.run_name for run in found] == ["counts"]


def test_an_experiment_of_an_earlier_version_gets_the_view(store: Store, store_uri: str, tmp_path: Path) -> None:
    client = MlflowClient(store_uri)
    old = client.create_experiment("moods", artifact_location=str(tmp_path / "files"), tags={"suite": "moods"})
    store.begin("moods", "run", tags={}, params={})
    assert "mlflow.sharedViewState.leaderboard" in client.get_experiment(old).tags


def test_importing_the_package_is_quick() -> None:
    process = run_python("import sys, tracking; sys.exit('mlflow' in sys.modules or 'torch' in sys.modules)")
    process.communicate()
    assert process.returncode == 0


def test_runs_have_the_command(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["--suite", "my suite.yml", "--tracking-uri", "postgresql+psycopg://me:secret@db/mlflow"]
    monkeypatch.setattr(sys, "argv", [str(SOURCE / "benchmark" / "run.py"), *typed])
    command.cache_clear()
    try:
        store.begin("s", "r", tags={}, params={})
    finally:
        command.cache_clear()
    (record,) = store.records("s")
    assert record.tags["command"] == (
        "python -m benchmark.run --suite 'my suite.yml' --tracking-uri 'postgresql+psycopg://me:***@db/mlflow'"
    )


@pytest.mark.parametrize("typed", [[""], ["-c"], ["/usr/bin/pytest"]])
def test_other_programs_have_no_command(typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", typed)
    assert command.__wrapped__() == ""


def test_records_of_an_sqlite_store_equal_those_of_mlflow(store: Store) -> None:
    parent = store.begin("emo", "whole", tags=TAGS | {"long": "x" * 9000}, params={"seed": 0, "text": "é\n\u2028"})
    parent.log_epoch(2, {"valid_f1": 0.6})
    parent.finish({"test_f1": 0.1 + 0.2, "latency_onnx_ms": 1e-300, "size_onnx_mib": float("inf")})
    store.begin("emo", "skipped", tags=TAGS, params={}, parent=parent.run_id).skip("private")
    store.begin("other", "running", tags={}, params={})
    deleted = store.begin("emo", "deleted", tags=TAGS, params={}).run_id
    store._client._mlflow.delete_run(deleted)
    suites = store._client.experiments()
    of_mlflow = [Record.of(run, suites[run.info.experiment_id], GROUPS) for run in store._client.runs(list(suites))]
    assert store.records() == of_mlflow
    assert store.records("emo") == of_mlflow[:2]
    assert store.suites() == sorted(suites.values())
    assert store.history(parent.run_id, "valid_f1") == store._client.history(parent.run_id, "epoch/valid_f1")


def test_changes_after_the_end_are_read_at_once(store: Store) -> None:
    run = store.begin("emo", "r", tags=TAGS, params={})
    run.finish({"test_f1": 0.5})
    assert store.records()[0].metrics["test_f1"] == 0.5
    store.add_metrics(run.run_id, {"test_f1": 0.25, "latency_text_ms": 1.0})
    store._client._mlflow.set_tag(run.run_id, "invalid", "noise")
    assert store.records()[0].metrics == {"test_f1": 0.25, "latency_text_ms": 1.0}
    assert store.records()[0].tags["invalid"] == "noise"
    store._client._mlflow.delete_run(run.run_id)
    assert store.records() == []


def test_an_sqlite_store_is_read_without_mlflow(store: Store, store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file.txt").write_text("kept")
    run = store.begin("emo", "r", tags=TAGS, params={})
    run.log_artifacts(tmp_path / "kept", "deep")
    run.finish({"test_f1": 0.5})
    code = """
import sys
from pathlib import Path
from benchmark.core.run_store import open_store
store = open_store(sys.argv[1], create=False)
[record] = store.records("emo")
kept = store.download(record.run_id, "deep/file.txt", Path(sys.argv[2]))
store.add_artifacts(record.run_id, kept.parent)
print(record.metrics, store.history(record.run_id, "test_f1"), kept.read_text(), "mlflow" in sys.modules)
"""
    reader = run_python(code, store_uri, str(tmp_path / "to"))
    assert reader.communicate(timeout=120) == ("{'test_f1': 0.5} [] kept False\n", "")
    assert store.download(run.run_id, "file.txt", tmp_path / "back").read_text() == "kept"


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
    outbox, sent, gate = Outbox(), list[int](), threading.Event()
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


def test_a_malformed_owner_is_not_dead() -> None:
    host, boot, _, start = owner().rsplit("/", 3)
    for pid in ("x", "-1", "0", "9" * 30, "9" * 5000):
        assert not is_dead(f"{host}/{boot}/{pid}/{start}")
