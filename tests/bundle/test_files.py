"""Files of a bundle: written whole, and checked when they are read."""

import hashlib
import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from benchmark.bundle import Bundle, BundleError
from benchmark.export.bundle_writer import complete_bundle
from tests.support.bundles import BUNDLE_FILES, MAX_LENGTH, MOODS, PIECES, edit, make_bundle, manifest_of


def test_manifest_says_where_it_comes_from(tmp_path: Path) -> None:
    about = {"spec": {"student": "cnn"}, "scores": {"test_f1": 0.5}, "licences": {"data": "CC-BY-SA-4.0"}}
    folder = make_bundle(tmp_path / "bundle", **about)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {name: manifest[name] for name in about} == about
    assert (manifest["task"], manifest["max_length"], manifest["pad_id"]) == ("classification", MAX_LENGTH, 0)
    assert sorted(manifest["files"]) == ["labels.json", "model.onnx", "tokenizer.json"]
    assert json.loads((folder / "labels.json").read_text()) == list(MOODS)


def test_a_tokenizer_is_stored_without_indentation(tmp_path: Path) -> None:
    """That of a multilingual encoder takes 2.3 MiB with it, 1.3 without."""
    assert "\n" not in (make_bundle(tmp_path / "bundle") / "tokenizer.json").read_text()


def test_writing_replaces_an_older_bundle_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    (tmp_path / "bundle" / "stale").touch()
    make_bundle(tmp_path / "bundle")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle", "exported.onnx"]
    assert sorted(file.name for file in (tmp_path / "bundle").iterdir()) == BUNDLE_FILES


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    with pytest.raises(FileNotFoundError):
        make_bundle(folder, model=tmp_path / "absent.onnx")
    with pytest.raises(TypeError):
        make_bundle(folder, spec={"not": object()})
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle", "exported.onnx"]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "labels.json"])
def test_a_flipped_bit_is_found_in_every_file(name: str, tmp_path: Path) -> None:
    file = make_bundle(tmp_path / "bundle") / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} is not the file that was exported"):
        Bundle.load(file.parent)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "labels.json", "manifest.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "has format None"),
        ('{"format": 99}', "has format 99, this version reads 1"),
        ('{"format": 1}', "task must be a str, not None"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(content: str, message: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_manifest_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "manifest.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(BundleError, match=r"manifest\.json is not JSON"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "translation"}, "task 'translation' is none of classification, sequence_labeling"),
        ({"max_length": "6"}, "max_length must be a int, not '6'"),
        ({"pad_id": True}, "pad_id must be a int, not True"),
        ({"task": "sequence_labeling"}, r"model\.onnx is no model for sequence_labeling"),
        ({"max_length": 0}, "max_length must exceed 2, not 0"),
        ({"max_length": 2}, "max_length must exceed 2, not 2"),
        ({"max_length": -1}, "max_length must be from 0 to 2147483647, not -1"),
        ({"pad_id": len(PIECES)}, r"pad_id 13 is no id of tokenizer\.json"),
        ({"pad_id": -1}, "pad_id must be from 0 to 2147483647, not -1"),
        ({"pad_id": 2**64}, "pad_id must be from 0 to"),
        ({"files": []}, "files must be a dict"),
        ({"files": {"model.onnx": ""}}, "no checksum for labels.json, tokenizer.json"),
        ({"fallback_label": "afraid"}, "fallback label 'afraid' is none of labels.json"),
    ],
)
def test_what_a_manifest_may_not_say(change: dict[str, object], message: str, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    edit(folder, **change)
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_manifest_reaches_for_no_file_outside(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (tmp_path / "secret").touch()
    edit(folder, files=manifest_of(folder)["files"] | {"../secret": ""})
    with pytest.raises(BundleError, match=r"'\.\./secret', which is outside the bundle"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.json", b"[", "labels.json is not JSON"),
        ("labels.json", b"[]", "must be a list of class names, not \\[\\]"),
        ("labels.json", b"[1, 2]", "must be a list of class names"),
        ("labels.json", b'["happy"]', r"model\.onnx has 2 classes, labels\.json has 1"),
        ("tokenizer.json", b"{}", "tokenizer.json cannot be read"),
        ("model.onnx", b"no model", "model.onnx cannot be run here"),
        ("model.onnx", b"", "model.onnx cannot be run here"),
    ],
)
def test_a_file_with_the_right_checksum_may_still_be_wrong(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / name).write_bytes(content)
    edit(folder, files=manifest_of(folder)["files"] | {name: hashlib.sha256(content).hexdigest()})
    with pytest.raises(BundleError, match=message):
        Bundle.load(folder)


def test_a_network_that_onnxruntime_refuses_is_named(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    network = onnx.load(folder / "model.onnx")
    network.graph.node[0].op_type = "Unheard"
    content = network.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    edit(folder, files=manifest_of(folder)["files"] | {"model.onnx": hashlib.sha256(content).hexdigest()})
    with pytest.raises(BundleError, match=r"model\.onnx cannot be run here: .*Unheard"):
        Bundle.load(folder)


@pytest.mark.parametrize("int8_wins", [True, False])
def test_a_bundle_never_names_a_file_that_is_not_there(
    int8_wins: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between any two steps leaves a bundle that answers."""
    folder = make_bundle(tmp_path / "bundle")
    model = folder / "model.onnx"
    if not int8_wins:
        complete_bundle(folder, int8=model, latency={})
    step: dict[str, Any] = {name: getattr(Path, name) for name in ("replace", "unlink")}
    n_targets = 0

    def answering(name: str) -> Any:
        def stepped(path: Path, *given: Any, **named: Any) -> Any:
            nonlocal n_targets
            done = step[name](path, *given, **named)
            n_targets += len(Bundle.load(folder).predict(["sedih"]))
            return done

        return stepped

    with monkeypatch.context() as patch:
        for name in step:
            patch.setattr(Path, name, answering(name))
        complete_bundle(folder, int8=model if int8_wins else None, latency={})
    assert n_targets >= 2, "a file is replaced, another removed"


def test_a_changed_field_is_found_by_the_digest(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    for change in ({"max_length": 5}, {"scores": {"test_f1": 1.0}}, {"fallback_label": "sad"}):
        whole = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(json.dumps(json.loads(whole) | change))
        with pytest.raises(BundleError, match=r"manifest\.json is not the manifest that was exported"):
            Bundle.load(folder)
        (folder / "manifest.json").write_text(whole)


def test_a_bundle_of_a_version_without_digests_answers(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    manifest = manifest_of(folder)
    del manifest["digest"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert Bundle.load(folder).predict(["sedih"]) == ["sad"]


def test_labels_that_the_model_does_not_have_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"has 2 classes, labels\.json has 3"):
        make_bundle(tmp_path / "bundle", labels=("happy", "sad", "afraid"))
    assert not (tmp_path / "bundle").exists()
