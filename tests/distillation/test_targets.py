"""Targets of a training: each stands beside its own answer, and some count for nothing."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmark.distillation.batching import Examples, predict
from benchmark.distillation.encoding import UNALIGNED
from benchmark.distillation.losses import IGNORED, mse
from tests.support.training import CPU, N_LABELS, STANDSTILL, Model, equal, tagged, texts, trained


def test_nan_rows_of_the_teacher_never_reach_a_loss() -> None:
    model, seen = Model(per_word=True), []

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        seen.append(targets)
        return mse(logits, targets)

    _, watch = trained(model, training_set=tagged(), validation=tagged(), loss=loss)
    assert all(targets.isfinite().all() and targets.dtype == torch.float32 for targets in seen)
    assert all(math.isfinite(value) for metrics in watch.metrics for value in metrics.values())
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_targets_stand_beside_their_own_answers() -> None:
    """The teacher's logits are the model's own: the loss is 0 only where every row finds its place."""
    model, examples = Model(per_word=True), tagged()
    own = Examples(encoded=examples.encoded, targets=predict(model, examples.encoded, device=CPU))
    model.dropout.p = 0.0
    _, watch = trained(model, training_set=own, validation=own, loss=mse, max_epochs=1, learning_rate=STANDSTILL)
    assert watch.metrics[0]["train_loss"] == pytest.approx(0, abs=1e-10)
    assert watch.metrics[0]["valid_loss"] == pytest.approx(0, abs=1e-10)


def test_memory_mapped_targets_are_read_and_left_alone(tmp_path: Any) -> None:
    np.save(tmp_path / "logits.npy", tagged().targets)
    stored = np.load(tmp_path / "logits.npy", mmap_mode="r")
    mapped = Examples(encoded=tagged().encoded, targets=stored)
    weights = []
    for examples in (mapped, tagged()):
        model = Model(per_word=True)
        trained(model, training_set=examples, validation=examples, loss=mse)
        weights.append(model.state_dict())
    assert equal(*weights)
    assert np.array_equal(np.load(tmp_path / "logits.npy"), tagged().targets, equal_nan=True)


def test_labels_of_ignored_words_do_not_count() -> None:
    labels = np.random.default_rng(0).integers(0, N_LABELS, 20)
    ignored = np.where(np.arange(20) % 4 == 2, IGNORED, labels)
    other = Examples(encoded=tagged().encoded, targets=ignored)
    _, watch = trained(Model(per_word=True), training_set=other, validation=other, learning_rate=STANDSTILL)
    logits = predict(Model(per_word=True), other.encoded, device=CPU)
    counted = (ignored != IGNORED) & ~np.isnan(logits[:, 0])
    expected = nn.functional.cross_entropy(torch.from_numpy(logits[counted]), torch.from_numpy(labels[counted]))
    assert watch.losses()[0] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_predict_answers_in_order_whatever_the_batch(batch_size: int) -> None:
    model, sentences = Model().eval(), texts()
    logits = predict(model, sentences, device=CPU, batch_size=batch_size)
    with torch.no_grad():
        for i, ids in enumerate(np.split(sentences.ids, sentences.offsets[1:-1])):
            alone = model(torch.tensor(ids)[None].long(), torch.ones(1, len(ids), dtype=torch.long))[0]
            torch.testing.assert_close(torch.from_numpy(logits[i]), alone)


def test_predict_leaves_words_without_a_piece_open() -> None:
    logits = predict(Model(per_word=True), tagged().encoded, device=CPU)
    assert logits.shape == (20, N_LABELS)
    assert np.isnan(logits).any(axis=1).tolist() == (tagged().encoded.positions == UNALIGNED).tolist()
