"""Logits of teachers that are no single model."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from benchmark.data.outputs_file import FLOOR, TextOutputs
from benchmark.distillation.teacher_logits import EnsembleLogits, FileLogits, Logits
from tests.distillation.test_encoded_dataset import make_dataset

CPU = torch.device("cpu")


@dataclass
class Fixed:
    """A teacher that answers the same for every part."""

    answer: Logits
    name: str = ""

    def logits(self, part: object, device: torch.device) -> Logits:  # noqa: ARG002
        return self.answer

    def encoder(self) -> str:
        return self.name


def of(*rows: list[float]) -> Fixed:
    return Fixed(np.log(np.array(rows, dtype=np.float32)))


def mean_of(*members: Fixed) -> Logits:
    return np.exp(EnsembleLogits(members).logits("train", CPU))


def test_an_ensemble_averages_probabilities_and_not_logits() -> None:
    assert np.allclose(mean_of(of([0.9, 0.1]), of([0.2, 0.8])), [[0.55, 0.45]])


def test_scale_and_offset_of_a_teachers_logits_count_by_their_probabilities() -> None:
    shifted = Fixed(np.log(np.array([[0.2, 0.8]], dtype=np.float32)) + 30)
    assert np.allclose(mean_of(of([0.9, 0.1]), shifted), [[0.55, 0.45]])


def test_a_word_that_one_teacher_does_not_read_is_the_others() -> None:
    nan = [np.nan, np.nan]
    both, one, none = mean_of(of([0.9, 0.1], [0.9, 0.1], nan), of([0.5, 0.5], nan, nan))
    assert np.allclose([both, one], [[0.7, 0.3], [0.9, 0.1]])
    assert np.isnan(none).all()


def test_no_probability_is_so_small_that_it_alone_would_be_learnt() -> None:
    assert mean_of(Fixed(np.array([[0.0, 90.0]], dtype=np.float32))).min() == pytest.approx(FLOOR)


def test_the_first_teacher_gives_the_embeddings() -> None:
    assert EnsembleLogits([Fixed(np.empty(0), "a"), Fixed(np.empty(0), "b")]).encoder() == "a"


def test_logits_of_a_file_are_those_of_the_parts_texts() -> None:
    data = make_dataset()
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    outputs = TextOutputs({text: slice(i, i + 1) for i, text in enumerate(data.texts("train"))}, rows)
    assert FileLogits(outputs, data, "bert").logits("train", CPU).tolist() == rows.tolist()
