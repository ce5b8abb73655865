"""Seconds of a training: in the model, and beside it."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import Tensor

from benchmark.distillation.batching import Examples
from benchmark.distillation.encoding import EncodedTexts
from benchmark.distillation.trainer import TrainingHistory
from tests.support.training import Model, labelled, trained


class Slow(Model):
    """10 ms in every forward pass."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        time.sleep(0.01)
        return super().forward(input_ids, attention_mask)


def test_time_in_the_model_is_no_overhead_in_validation_either() -> None:
    model, calls = Slow(), []
    model.register_forward_hook(lambda *_: calls.append(1))
    history, _ = trained(model, max_epochs=2)
    assert 0 < history.overhead_share < 0.4
    assert history.sentences_per_second == pytest.approx(60 / history.train_seconds)
    assert 0.01 * len(calls) < history.busy_seconds < history.train_seconds


def test_time_spent_elsewhere_is_overhead() -> None:
    history = TrainingHistory()
    with history.busy():
        time.sleep(0.01)
    history.train_seconds = 4 * history.busy_seconds
    assert history.overhead_share == pytest.approx(0.75)


class SlowSentences(EncodedTexts):
    """10 ms in every collation."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        time.sleep(0.01)
        return super().lengths


def test_collation_is_overhead_in_validation_too() -> None:
    validation = labelled(400, seed=1)
    slow = SlowSentences(**vars(validation.encoded))
    history, _ = trained(validation=Examples(encoded=slow, targets=validation.targets), max_epochs=1)
    assert history.overhead_share > 0.5


def test_figures_can_be_kept_as_json_and_read_again() -> None:
    history, _ = trained()
    assert "best_weights" not in history.scalars()
    again = TrainingHistory(**history.scalars())
    assert (again.overhead_share, again.sentences_per_second) == (
        history.overhead_share,
        history.sentences_per_second,
    )
