"""The real server on a real store, over HTTP."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import mlflow
import pytest

from benchmark.export.registered_model import publish_best
from benchmark.reporting.best import best_runs
from benchmark.reporting.report import ranked
from benchmark.reporting.use_commands import BEST, model_name
from tests.support.bundles import make_bundle
from tests.support.run_factory import AddRun
from tracking import Store

N_REQUESTS, N_CLIENTS = 100, 8
START_SECONDS = 600


def add_student(store: Store, add_run: AddRun, folder: Path, task: str = "classification", **columns: Any) -> str:
    """A finished run with a bundle."""
    run_id = add_run(store, "classification", **({"valid_f1": 0.5, "test_f1": 0.5} | columns))
    store.add_artifacts(run_id, make_bundle(folder / run_id, task), "bundle")
    return run_id


class Server:
    def __init__(self, model: str, uri: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        serve = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
        beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where uvicorn is looked for
        variables = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri, "PYTHONWARNINGS": "ignore", "PATH": beside}
        self.process = subprocess.Popen(
            [*serve, "--port", str(self.port)], env=os.environ | variables, start_new_session=True
        )

    def ask(self, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.port}/invocations"
        request = urllib.request.Request(url, body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def predictions(self, texts: list[str], **params: Any) -> list[Any]:
        status, answer = self.ask(json.dumps({"inputs": texts, "params": params}).encode())
        assert status == 200, answer
        return answer["predictions"]

    def wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, "the server ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail("the server does not answer")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=20)


@pytest.fixture
def serve(store: Store) -> Iterator[Any]:
    begun: list[Server] = []

    def start(model: str) -> Server:
        begun.append(Server(model, store.uri))
        begun[-1].wait()
        return begun[-1]

    yield start
    for server in begun:
        server.stop()


@pytest.mark.slow
def test_the_best_student_is_served(store: Store, add_run: AddRun, tmp_path: Path, serve: Any) -> None:
    add_student(store, add_run, tmp_path)
    [address] = publish_best(store, ranked(store, store.records("classification")))
    assert address == f"models:/classification-emot@{BEST}"
    server = serve(address)
    assert server.predictions(["aku sedih", "Senang 😀"]) == ["sad", "happy"]
    assert server.predictions([""]) == ["happy"]
    assert server.predictions(["sedih"], min_score=0.9) == [None]
    [scored] = server.predictions(["sedih"], scores=True)
    assert (scored["text"], scored["label"]) == ("sedih", "sad")
    assert scored["scores"] == pytest.approx({"happy": 0.268941, "sad": 0.731059}, abs=1e-5)
    for body in (
        b"{",
        b"[]",
        b'{"texts": ["sedih"]}',
        b'{"inputs": [null]}',
        b'{"inputs": [1]}',
        b'{"inputs": "sedih"}',
        b'{"inputs": ["sedih"], "params": {"scores": "some"}}',
        b"\xff",
    ):
        status, said = server.ask(body)
        assert 400 <= status < 500, (body, said)
        assert said
    assert server.ask(b"sedih", "text/plain")[0] in (400, 415)
    assert server.predictions(["sedih"]) == ["sad"]
    with ThreadPoolExecutor(N_CLIENTS) as clients:
        texts = [("sedih", "senang")[number % 2] for number in range(N_REQUESTS)]
        answers = list(clients.map(lambda text: server.predictions([text]), texts))
    assert answers == [[{"sedih": "sad", "senang": "happy"}[text]] for text in texts]


@pytest.mark.nightly
def test_tags_are_served_a_word_each(store: Store, add_run: AddRun, tmp_path: Path, serve: Any) -> None:
    add_student(store, add_run, tmp_path, "sequence_labeling")
    [address] = publish_best(store, ranked(store, store.records("classification")))
    tags = [["B-PERSON", "O", "O", "B-PLACE"], [], ["O"]]
    assert serve(address).predictions(["Budi tinggal di Bandung", "", "di"]) == tags


def test_the_best_is_that_of_the_report_and_its_seed_that_of_validation(store: Store, add_run: AddRun) -> None:
    add_run(store, student="teacher", valid_f1=0.99, test_f1=0.99)
    add_run(store, student="cnn", valid_f1=0.95, test_f1=0.9, smoke="true")
    add_run(store, student="cnn", valid_f1=0.9, test_f1=0.9, protocol="0")
    add_run(store, student="cnn", status="failed")
    best = add_run(store, student="bilstm", valid_f1=0.8, test_f1=0.6)
    add_run(store, student="bilstm", valid_f1=0.7, test_f1=0.8, seed=1)
    add_run(store, student="bert_tiny", valid_f1=0.9, test_f1=0.5)
    other = add_run(store, dataset="smsa", valid_f1=0.1, test_f1=0.1)
    rows = ranked(store, store.records("classification"))
    assert {row.run_id for row in best_runs(rows)} == {best, other}


def test_f1_on_other_data_is_no_better(store: Store, add_run: AddRun) -> None:
    add_run(store, student="cnn", valid_f1=0.9, test_f1=0.9, data_digest="old")
    new = add_run(store, student="bilstm", valid_f1=0.8, test_f1=0.8, data_digest="new")
    assert [row.run_id for row in best_runs(ranked(store, store.records("classification")))] == [new]


def test_the_preset_that_ran_last_is_served(store: Store, add_run: AddRun) -> None:
    add_run(store, student="cnn", valid_f1=0.9, test_f1=0.9)
    new = add_run(store, student="bilstm", valid_f1=0.8, test_f1=0.8, preset="quickstart")
    assert [row.run_id for row in best_runs(ranked(store, store.records("classification")))] == [new]


def test_one_without_its_files_is_left_out(
    store: Store, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(store, student="cnn", valid_f1=0.9, test_f1=0.9)
    add_student(store, add_run, tmp_path, dataset="smsa")
    assert publish_best(store, ranked(store, store.records("classification"))) == [
        f"models:/classification-smsa@{BEST}"
    ]
    assert re.fullmatch(
        r"Not registered: The stored files of .*cnn.* cannot be read: .* Restore the store's artifacts, or run it "
        r"again with --force\.\n",
        capsys.readouterr().err,
    )


def test_one_with_a_damaged_file_is_left_out(
    store: Store, add_run: AddRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = add_student(store, add_run, tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "model.onnx").write_bytes(b"damaged")
    store.add_artifacts(run, tmp_path / "new", "bundle")
    assert publish_best(store, ranked(store, store.records("classification"))) == []
    assert capsys.readouterr().err.startswith("Not registered: ")


def test_the_alias_moves_to_a_better_student_and_stays_otherwise(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    def version() -> tuple[str, str]:
        found = store._client._mlflow.get_model_version_by_alias("classification-emot", BEST)
        return str(found.version), found.run_id

    first = add_student(store, add_run, tmp_path)
    publish_best(store, ranked(store, store.records("classification")))
    publish_best(store, ranked(store, store.records("classification")))
    assert version() == ("1", first)
    better = add_student(store, add_run, tmp_path, test_f1=0.6, student="cnn")
    publish_best(store, ranked(store, store.records("classification")))
    assert version() == ("2", better)


def test_a_registered_model_holds_no_pickle_and_a_signature_of_text(
    store: Store, add_run: AddRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = add_student(store, add_run, tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "model.safetensors").touch()
    store.add_artifacts(run_id, tmp_path / "more", "bundle")
    [address] = publish_best(store, ranked(store, store.records("classification")))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", store.uri)
    folder = Path(
        mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path / "model"), tracking_uri=store.uri)
    )
    assert [file.name for file in folder.rglob("*") if file.suffix in (".pkl", ".pickle", ".bin")] == []
    assert [file.name for file in folder.rglob("*.safetensors")] == []
    assert (folder / "served_model.py").is_file()
    assert (folder / "code" / "benchmark" / "bundle" / "bundle.py").is_file()
    info = mlflow.models.Model.load(str(folder))
    assert [str(kind) for kind in info.signature.inputs.input_types()] == ["DataType.string"]


@pytest.mark.parametrize(
    ("suite", "dataset", "name"),
    [
        ("classification", "emot", "classification-emot"),
        ("desk", "mail-intents", "desk-mail-intents"),
        ("desk-mail", "intents", "desk--mail-intents"),
        ("desk-", "mail", "desk---mail"),
        ("v1.5-é", "a.b-c", "v1.5--é-a.b-c"),
    ],
)
def test_the_name_of_a_model(suite: str, dataset: str, name: str) -> None:
    assert model_name(suite, dataset) == name


def test_models_of_different_data_sets_have_different_names() -> None:
    """All suites and data sets of up to five characters, of those that their names may begin with and contain."""
    names = [f"a{''.join(rest)}" for length in range(5) for rest in product("a-.", repeat=length)]
    pairs = list(product(names, names))
    assert len({model_name(*pair) for pair in pairs}) == len(pairs)


def test_suites_whose_names_join_alike_serve_their_own_models(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    served = {}
    for suite, dataset in (("desk-mail", "intents"), ("desk", "mail-intents"), ("desk.mail", "intents")):
        run_id = add_run(store, suite, dataset=dataset, valid_f1=0.5, test_f1=0.5)
        store.add_artifacts(run_id, make_bundle(tmp_path / run_id, "classification"), "bundle")
        [address] = publish_best(store, ranked(store, store.records(suite)))
        served[address] = run_id
    versions = {a: a.removeprefix("models:/").removesuffix(f"@{BEST}") for a in served}
    registry = store._client._mlflow
    assert {a: registry.get_model_version_by_alias(name, BEST).run_id for a, name in versions.items()} == served
    assert len(served) == 3
