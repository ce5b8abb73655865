"""Bundles to and from the Hub, by the commands that people type, against a server of its API on loopback."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.bundle import Bundle
from benchmark.export.bundle_writer import complete_bundle
from tests.support.bundles import edit, make_bundle
from tests.support.hub_process import hub_process
from tests.support.hub_server import TOKEN, Hub, hub_server
from tests.support.warm import run_module

NAME = "owner/mood"
NOWHERE = {"HF_ENDPOINT": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with hub_server() as server:
        yield server


@pytest.fixture
def bundle(tmp_path: Path, hub: Hub) -> Path:
    hub.repositories.clear()
    return make_bundle(tmp_path / "bundle", scores={"test_f1": 0.5}, spec={"dataset": "mood", "suite": "desk"})


class Commands:
    """Commands of a machine with a cache of its own, which asks `hub` alone."""

    def __init__(self, hub: Hub, home: Path) -> None:
        self.hub, self.home = hub, home

    def run(self, command: str, *arguments: object, token: str = "", **variables: str) -> tuple[int, str, str]:
        words = (f"benchmark.{command}", *map(str, arguments))
        return hub_process(self.hub, self.home, token, variables, run_module, *words)

    def refused(self, command: str, *arguments: object, token: str = "", **variables: str) -> str:
        """The one line of a refusal."""
        code, out, said = self.run(command, *arguments, token=token, **variables)
        assert (code, out, said.count("\n")) == (2, "", 1), said
        return said


@pytest.fixture
def commands(hub: Hub, tmp_path: Path) -> Commands:
    return Commands(hub, tmp_path / "home")


def test_a_bundle_goes_to_the_hub_and_answers_from_there(bundle: Path, commands: Commands, hub: Hub) -> None:
    code, said, _ = commands.run("push", bundle, NAME, token=TOKEN)
    assert (code, said) == (0, f"Uploaded: {hub.url}/{NAME}\n")
    repository = hub.repositories["models", NAME]
    assert {name: repository.files[name] for name in Bundle.load(bundle).manifest["files"]} == {
        name: (bundle / name).read_bytes() for name in Bundle.load(bundle).manifest["files"]
    }
    code, said, _ = commands.run("predict", f"hf://{NAME}@{repository.commit}", "sedih", "--scores")
    assert (code, json.loads(said)["label"]) == (0, "sad")
    for variables in ({}, NOWHERE, {"HF_HUB_OFFLINE": "1"}):
        code, said, _ = commands.run("predict", f"hf://{NAME}", "sedih", **variables)
        assert (code, json.loads(said)["label"]) == (0, "sad"), variables


def test_only_what_serves_is_downloaded(bundle: Path, commands: Commands, hub: Hub, tmp_path: Path) -> None:
    shutil.copyfile(bundle / "model.onnx", tmp_path / "int8.onnx")
    complete_bundle(bundle, int8=tmp_path / "int8.onnx", latency={})
    hub.add("models", NAME, bundle)
    assert commands.run("predict", f"hf://{NAME}", "sedih")[0] == 0
    found = {file.name for file in (tmp_path / "home").rglob("*.onnx")}
    assert found == {"model.int8.onnx"}
    assert commands.run("predict", f"hf://{NAME}", "sedih", "--fp32")[0] == 0
    found = {file.name for file in (tmp_path / "home").rglob("*.onnx")}
    assert found == {"model.int8.onnx", "model.onnx"}


def test_a_slim_repository_has_no_fp32(bundle: Path, commands: Commands, hub: Hub, tmp_path: Path) -> None:
    shutil.copyfile(bundle / "model.onnx", tmp_path / "int8.onnx")
    complete_bundle(bundle, int8=tmp_path / "int8.onnx", latency={})
    del hub.add("models", NAME, bundle).files["model.onnx"]
    assert "a slim bundle lacks the fp32 model" in commands.refused("predict", f"hf://{NAME}", "sedih", "--fp32")
    assert commands.run("predict", f"hf://{NAME}", "sedih")[0] == 0


def test_an_upload_replaces_models_that_are_no_longer_served(bundle: Path, commands: Commands, hub: Hub) -> None:
    hub.add("models", NAME, bundle).files["model.int8.onnx"] = b"old"
    assert commands.run("push", bundle, NAME, token=TOKEN)[0] == 0
    assert sorted(hub.repositories["models", NAME].files) == sorted(
        ["README.md", *(file.name for file in bundle.iterdir())]
    )


def test_a_dry_run_writes_the_same_files(bundle: Path, commands: Commands, hub: Hub, tmp_path: Path) -> None:
    commands.run("push", bundle, NAME, token=TOKEN)
    code, said, _ = commands.run("push", bundle, NAME, "--dry-run", tmp_path / "out", **NOWHERE)
    assert (code, said) == (0, f"Written: {tmp_path / 'out'}\n")
    written = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert written == hub.repositories["models", NAME].files
    assert Bundle.load(tmp_path / "out").predict(["sedih"]) == ["sad"]
    assert "is not an empty folder" in commands.refused("push", bundle, NAME, "--dry-run", tmp_path / "out")


@pytest.mark.parametrize(
    ("address", "variables", "reason"),
    [
        ("owner/gone", {}, "has no such repository, or a private one"),
        ("owner/private", {}, "set HF_TOKEN to a token that may read it"),
        (
            "owner/private",
            {"HF_TOKEN": "hf_wrongTokenThatMustNotBePrinted"},
            "set HF_TOKEN to a token that may read it",
        ),
        ("owner/private", {"HF_TOKEN": "hf_wrong\x0bToken"}, "HF_TOKEN cannot be sent"),
        ("owner/mood@v9", {}, "has no such revision"),
        ("owner/empty", {}, "lacks its files"),
        ("mood", {}, "write hf://owner/name or hf://owner/name@revision"),
        ("owner/-mood", {}, "write hf://owner/name or hf://owner/name@revision"),
        ("owner/mood", NOWHERE, "cannot be reached"),
        ("owner/mood", {"HF_HUB_OFFLINE": "1"}, "cannot be reached"),
    ],
)
def test_addresses_that_lead_nowhere_are_one_line(
    address: str, variables: dict[str, str], reason: str, bundle: Path, commands: Commands, hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    hub.add("models", "owner/empty", tmp_path / "empty")
    hub.add("models", "owner/private", bundle, private=True)
    hub.add("models", NAME, bundle)
    said = commands.refused("predict", f"hf://{address}", "sedih", **variables)
    assert reason in said
    assert "hf_wrong" not in said


def test_a_private_bundle_answers_whom_it_may(bundle: Path, commands: Commands, hub: Hub) -> None:
    hub.add("models", NAME, bundle, private=True)
    code, said, _ = commands.run("predict", f"hf://{NAME}", "sedih", token=TOKEN)
    assert (code, json.loads(said)["label"]) == (0, "sad")


def test_altered_files_of_the_hub_are_not_read(bundle: Path, commands: Commands, hub: Hub) -> None:
    hub.add("models", NAME, bundle).files["labels.json"] = b'["sad", "happy"]'
    assert "labels.json is not the file that was exported" in commands.refused("predict", f"hf://{NAME}", "sedih")


def test_a_manifest_of_the_hub_names_no_file_elsewhere(bundle: Path, commands: Commands, hub: Hub) -> None:
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    edit(bundle, files=files | {"../../secret": ""})
    hub.add("models", NAME, bundle)
    assert "which is outside the bundle" in commands.refused("predict", f"hf://{NAME}", "sedih")


@pytest.mark.parametrize(
    ("name", "token", "variables", "reason"),
    [
        (NAME, "", {}, "needs a token: set HF_TOKEN"),
        (NAME, "hf_wrongTokenThatMustNotBePrinted", {}, "the Hub refuses the token"),
        (NAME, TOKEN, NOWHERE, "cannot be reached"),
        (NAME, TOKEN, {"HF_HUB_OFFLINE": "1"}, "cannot be reached"),
        ("mood", TOKEN, {}, "named owner/name"),
        ("owner/../mood", TOKEN, {}, "named owner/name"),
    ],
)
def test_uploads_that_are_refused_are_one_line(
    name: str, token: str, variables: dict[str, str], reason: str, bundle: Path, commands: Commands
) -> None:
    assert reason in commands.refused("push", bundle, name, token=token, **variables)


def test_only_a_bundle_is_uploaded(commands: Commands, tmp_path: Path) -> None:
    assert "is no bundle" in commands.refused("push", tmp_path, NAME, token=TOKEN)
