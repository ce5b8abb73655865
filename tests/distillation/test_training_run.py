"""Where a student's word-piece table starts, with real teachers and the cache that students share."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import students
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.plan import plan_runs

ARGUMENTS = ("--suite", "classification", "--limit", "40", "-s", "cnn", "-x", "kd_ulb_fasttext")


def start(teacher: Path) -> np.ndarray:
    """[V, width] of the student that `teacher` is to teach, from fastText."""
    wanted = benchmark_config(parser("run").parse_args([*ARGUMENTS, "--teacher", str(teacher)]))
    suite_data = wanted.suite_data()
    _, student = plan_runs(wanted, suite_data)
    data = suite_data.encoded_dataset(student.spec.dataset)
    model = TrainingRun(spec=student.spec, data=data, device=torch.device("cpu")).build()
    return students.word_embeddings(model).weight.detach().numpy()


def with_pieces_swapped(teacher: Path, folder: Path, one: str, other: str) -> Path:
    """The same encoder, whose tokenizer gives two pieces each other's ids."""
    shutil.copytree(teacher, folder)
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    pieces = content["model"]["vocab"]
    pieces[one], pieces[other] = pieces[other], pieces[one]
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("desk_folder")
def test_vectors_of_one_teachers_word_pieces_are_not_anothers(tiny_teacher: Path, tmp_path: Path) -> None:
    swapped = with_pieces_swapped(tiny_teacher, tmp_path / "swapped", "aku", "a")
    first, second = start(tiny_teacher), start(swapped)
    pieces = json.loads((tiny_teacher / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    rows = [pieces["aku"], pieces["a"]]
    assert not np.allclose(first[rows[0]], first[rows[1]], rtol=0.01)
    assert np.allclose(second[rows], first[rows[::-1]], rtol=0.01), "but for the scale of the chance start"
