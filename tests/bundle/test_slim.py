"""What one deploys of a bundle: the files that serve, and nothing else."""

import shutil
from pathlib import Path

import pytest

from benchmark.bundle import Bundle, BundleError, slim
from benchmark.bundle.slim import slim_bytes
from benchmark.export.bundle_writer import complete_bundle
from benchmark.push import write_repository
from tests.support.bundles import make_bundle


@pytest.fixture
def with_int8(tmp_path: Path) -> Path:
    """A bundle whose INT8 form serves, with files of transformers beside it."""
    folder = make_bundle(tmp_path / "bundle")
    shutil.copyfile(folder / "model.onnx", tmp_path / "int8.onnx")
    complete_bundle(folder, int8=tmp_path / "int8.onnx", latency={})
    (folder / "model.safetensors").write_bytes(bytes(1000))
    return folder


def test_it_holds_one_form_of_the_model_and_predicts_the_same(with_int8: Path, tmp_path: Path) -> None:
    deployed = slim(with_int8, tmp_path / "deployed")
    names = sorted(file.name for file in deployed.iterdir())
    assert names == ["labels.json", "manifest.json", "model.int8.onnx", "tokenizer.json"]
    texts = ["Senang", "aku sedih"]
    assert Bundle.load(deployed).predict(texts) == Bundle.load(with_int8).predict(texts) == ["happy", "sad"]
    assert slim_bytes(with_int8) == sum(file.stat().st_size for file in deployed.iterdir())


def test_fp32_stays_where_it_serves(tmp_path: Path) -> None:
    deployed = slim(make_bundle(tmp_path / "bundle"), tmp_path / "deployed")
    assert (deployed / "model.onnx").is_file()
    assert Bundle.load(deployed).predict(["sedih"]) == ["sad"]


def test_a_slim_bundle_is_a_bundle(with_int8: Path, tmp_path: Path) -> None:
    once = slim(with_int8, tmp_path / "once")
    twice = slim(str(once), tmp_path / "twice")
    assert {f.name: f.read_bytes() for f in once.iterdir()} == {f.name: f.read_bytes() for f in twice.iterdir()}


def test_what_serves_is_checked(with_int8: Path, tmp_path: Path) -> None:
    (with_int8 / "model.int8.onnx").write_bytes(b"altered")
    with pytest.raises(BundleError, match="not the file that was exported"):
        slim(with_int8, tmp_path / "deployed")
    assert not (tmp_path / "deployed").exists()


def test_a_folder_in_use_is_not_written_over(with_int8: Path) -> None:
    with pytest.raises(BundleError, match="is not an empty folder"):
        slim(with_int8, with_int8)


def test_a_repository_of_what_serves(with_int8: Path, tmp_path: Path) -> None:
    whole = write_repository(with_int8, tmp_path / "whole", "owner/mood")
    lean = write_repository(with_int8, tmp_path / "lean", "owner/mood", served_only=True)
    again = write_repository(lean, tmp_path / "again", "owner/mood")
    missing = {file.name for file in whole.iterdir()} - {file.name for file in lean.iterdir()}
    assert missing == {"model.onnx", "model.safetensors"}
    assert {file.name for file in again.iterdir()} == {file.name for file in lean.iterdir()}
    assert Bundle.load(lean).predict(["sedih"]) == ["sad"]
