"""What another user can write is read as data: nothing in it is run, and no name leads out of its folder."""

import json
import os
import pickle  # noqa: TID251
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.core.cache import cached_matrix
from benchmark.core.errors import DataError
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.tokenizer import load_tokenizer
from benchmark.reporting import folder_name
from tests.support.model_factory import named
from tracking import Store

EVIL_NAMES = ("../../up", "/etc/passwd", "..", ".", "a/../../b", "a\\..\\b", "x" * 300, "\x00nul", ".hidden", "-rf")
CODE = """
import os
open(os.environ["MARKER"], "w").write("run")
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
"""


class Bomb:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["MARKER"],)


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Appears where foreign code has been run."""
    path = tmp_path / "marker"
    monkeypatch.setenv("MARKER", str(path))
    yield path
    assert not path.exists(), "foreign code was run"


def teacher_copy(tiny_teacher: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_teacher, tmp_path / "teacher"))


def test_the_bomb_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKER", str(tmp_path / "marker"))
    pickle.loads(pickle.dumps(Bomb()))
    assert (tmp_path / "marker").exists()


def test_a_pickle_among_a_teachers_weights_is_not_run(tiny_teacher: Path, tmp_path: Path, marker: Path) -> None:
    folder = teacher_copy(tiny_teacher, tmp_path)
    (folder / "model.safetensors").unlink()
    torch.save({"bert.pooler.dense.bias": Bomb()}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match="cannot be read"):
        load_teacher(str(folder), "classification", named(2))
    assert not marker.exists()


def test_plain_tensors_of_an_older_file_are_read(tiny_teacher: Path, tmp_path: Path) -> None:
    folder = teacher_copy(tiny_teacher, tmp_path)
    weights = load_teacher(str(folder), "classification", named(2)).model.state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    load_teacher(str(folder), "classification", named(2))


@pytest.mark.usefixtures("marker")
def test_code_that_a_teacher_brings_along_is_neither_run_nor_asked_about(
    tiny_teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = teacher_copy(tiny_teacher, tmp_path)
    (folder / "brought.py").write_text(CODE)
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "brought"}
    config["auto_map"] = {
        "AutoConfig": "brought.BertConfig",
        "AutoModelForSequenceClassification": "brought.BertForSequenceClassification",
    }
    (folder / "config.json").write_text(json.dumps(config))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings |= {"tokenizer_class": "Brought", "auto_map": {"AutoTokenizer": [None, "brought.BertTokenizerFast"]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    monkeypatch.setattr("builtins.input", lambda _: "y")  # a person who says yes to what they did not read
    with pytest.raises(DataError, match="cannot be read"):
        load_teacher(str(folder), "classification", named(2))
    with pytest.raises(DataError, match="cannot be read"):
        load_tokenizer(str(folder))


@pytest.mark.usefixtures("marker")
def test_a_pickle_among_the_cached_logits_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "logits.npy"
    np.save(path, np.array([[Bomb(), Bomb()]], dtype=object), allow_pickle=True)
    assert cached_matrix(path, lambda: np.zeros((1, 2), np.float32)).tolist() == [[0.0, 0.0]]


def test_nothing_here_unpickles() -> None:
    """`make test` has ruff look for every way to; this sees to it that it does."""
    code = "import pickle, torch, yaml\npickle.loads(b)\ntorch.load('x')\nyaml.load('x', yaml.Loader)\n"
    ruff = [sys.executable, "-m", "ruff", "check", "--output-format=concise", "--stdin-filename=benchmark/new.py", "-"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(ruff, input=code, capture_output=True, text=True, cwd=root, check=False)
    assert [line for line in ("`pickle` is banned", "`torch.load` is banned", "S506") if line in done.stdout] == [
        "`pickle` is banned",
        "`torch.load` is banned",
        "S506",
    ]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_suites_name_leads_to_one_folder_inside(name: str, tmp_path: Path) -> None:
    inside = (tmp_path / folder_name(name)).resolve()
    assert inside.parent == tmp_path.resolve()


@pytest.mark.parametrize("name", [name for name in EVIL_NAMES if "\x00" not in name])
def test_a_runs_files_stay_in_the_store_whatever_it_is_called(name: str, store: Store, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if "mlartifacts" not in path.parts}
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("a")
    run = store.begin(name, name, tags={"dataset": name, "key": name}, params={"dataset": name})
    run.log_artifacts(tmp_path / "files")
    run.finish({})
    made = {path for path in tmp_path.rglob("*") if "mlartifacts" not in path.parts} - before
    assert made <= {tmp_path / "files", tmp_path / "files" / "a.txt", tmp_path / "mlflow.db-journal"}
