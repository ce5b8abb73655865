"""Initial embeddings of students, with real teachers and the cache that students share."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import students
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.plan import plan_runs

ARGUMENTS = ("--suite", "classification", "--limit", "40")


def start(teacher: Path, student: str = "cnn", setting: str = "kd_ulb_fasttext", **changed: float) -> np.ndarray:
    """[V, width] initial embeddings of a student of `teacher`, with fields of its planned spec changed."""
    options = (*ARGUMENTS, "--teacher", str(teacher), "-s", student, "-x", setting)
    config = benchmark_config(parser("run").parse_args(options))
    suite_data = config.suite_data()
    spec = replace(plan_runs(config, suite_data)[-1].spec, **changed)
    torch.manual_seed(0)
    data = suite_data.encoded_dataset(spec.dataset)
    model = TrainingRun(spec=spec, data=data, device=torch.device("cpu")).build()
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


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize("setting", ["vanilla", "kd_ulb_bert"])
def test_initial_embeddings_have_the_scale_of_the_spec(tiny_teacher: Path, setting: str) -> None:
    planned, scaled, plain = (
        start(tiny_teacher, "static", setting, **changed)
        for changed in ({}, {"embedding_scale": 0.03}, {"embedding_scale": 1.0})
    )
    assert np.array_equal(planned, scaled)
    assert np.allclose(scaled, 0.03 * plain, rtol=1e-4)
    assert np.array_equal(
        *(start(tiny_teacher, "bert_tiny", setting, **more) for more in ({}, {"embedding_scale": 1.0}))
    )
