"""The training loop: when it stops, which weights it keeps, what it reports."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmark.core.errors import DivergedError
from benchmark.distillation.batching import Examples, plan_batches, predict, token_budget
from benchmark.distillation.losses import mse
from tests.support.training import CPU, N_LABELS, STANDSTILL, Model, equal, labelled, texts, trained


def test_stops_when_the_validation_loss_has_not_fallen_for_patience_epochs(script: Callable[..., Any]) -> None:
    history, watch = trained(loss=script(5, 4, 4.5, 4, 4.2, 3), max_epochs=99, patience=3)
    assert watch.epochs == [1, 2, 3, 4, 5]
    assert (history.epochs, history.best_epoch, history.best_loss) == (5, 2, 4.0)


def test_a_new_best_starts_patience_anew(script: Callable[..., Any]) -> None:
    history, _ = trained(loss=script(5, 6, 6, 4, 6, 6, 6, 1), max_epochs=99, patience=3)
    assert (history.epochs, history.best_epoch) == (7, 4)


def test_the_best_weights_are_restored_and_not_the_last(script: Callable[..., Any]) -> None:
    model = Model()
    history, watch = trained(model, loss=script(3, 2, 4, 5), max_epochs=4)
    assert equal(model.state_dict(), watch.weights[1])
    assert not equal(model.state_dict(), watch.weights[3])
    assert history.steps_to_best == trained(max_epochs=2)[0].steps


def test_a_late_nan_keeps_the_best_weights(script: Callable[..., Any]) -> None:
    model = Model()
    history, watch = trained(model, loss=script(3, math.nan, math.nan), max_epochs=3)
    assert history.best_epoch == 1
    assert equal(model.state_dict(), watch.weights[0])


def test_never_a_finite_loss_is_diverged(script: Callable[..., Any]) -> None:
    with pytest.raises(DivergedError, match=r"never a finite number in 2 epochs at learning rate 0\.5.*lower"):
        trained(loss=script(*[math.nan] * 9), max_epochs=99, patience=2)
    with pytest.raises(DivergedError):
        trained(loss=script(*[math.inf] * 9), max_epochs=2)


def test_real_divergence_is_diverged() -> None:
    targets = np.full((30, N_LABELS), 1e30, dtype=np.float32)
    exploding = Examples(encoded=texts(), targets=targets)
    with pytest.raises(DivergedError):
        trained(training_set=exploding, validation=exploding, loss=mse, learning_rate=1e30)


@pytest.mark.parametrize("max_steps", [1, 5, 8, 17])
def test_a_step_budget_is_exact(max_steps: int) -> None:
    model, calls = Model(), []
    model.register_forward_pre_hook(lambda module, _: calls.append(module.training))
    history, watch = trained(model, max_steps=max_steps, max_epochs=99, patience=99)
    assert history.steps == max_steps == sum(calls)
    assert watch.epochs[-1] == history.epochs


def test_max_epochs_bounds_and_every_sentence_is_seen_once_an_epoch() -> None:
    history, watch = trained(max_epochs=3)
    n_steps = len(plan_batches(texts().lengths, token_budget(texts(), 4)))
    assert (history.epochs, history.sentences_seen) == (3, 90)
    assert history.steps == pytest.approx(3 * n_steps, abs=6)
    assert watch.epochs == [1, 2, 3]


def test_on_epoch_gets_losses_and_score() -> None:
    validation = labelled(20, seed=1)
    _, watch = trained(validation=validation, learning_rate=STANDSTILL)
    assert [set(metrics) for metrics in watch.metrics] == [{"train_loss", "valid_loss", "valid_f1"}] * 3
    assert [metrics["valid_f1"] for metrics in watch.metrics] == [20.0] * 3
    logits = torch.from_numpy(predict(Model(), validation.encoded, device=CPU))
    expected = nn.functional.cross_entropy(logits, torch.from_numpy(validation.targets)).item()
    assert watch.losses() == [pytest.approx(expected, rel=1e-5)] * 3


def test_train_loss_falls() -> None:
    _, watch = trained(max_epochs=20, learning_rate=0.05, patience=99)
    assert watch.metrics[-1]["train_loss"] < 0.7 * watch.metrics[0]["train_loss"]


def test_only_training_has_dropout() -> None:
    model, modes = Model(), []
    model.dropout.register_forward_hook(lambda module, *_: modes.append(module.training))
    trained(model, max_epochs=1)
    n_steps = sum(modes)
    assert 0 < n_steps < len(modes)
    assert modes == [True] * n_steps + [False] * (len(modes) - n_steps)


@pytest.mark.parametrize(("dropout", "batch_size"), [(0.1, 1000), (0.0, 4)], ids=["dropout", "order"])
def test_the_same_seed_gives_the_same_weights_and_another_others(dropout: float, batch_size: int) -> None:
    """In one batch alone only dropout is chance, and without dropout only the batches are."""
    models = [Model() for _ in range(3)]
    for model, seed in zip(models, (7, 7, 8), strict=True):
        model.dropout.p = dropout
        trained(model, seed=seed, batch_size=batch_size)
    assert equal(models[0].state_dict(), models[1].state_dict())
    assert not equal(models[0].state_dict(), models[2].state_dict())


def test_decay_reaches_zero_at_the_last_epoch() -> None:
    _, watch = trained(decay=True, max_epochs=30, learning_rate=0.1, patience=99)
    moved = [(a["head.bias"] - b["head.bias"]).abs().max().item() for a, b in pairwise(watch.weights)]
    assert moved[-1] < 0.1 * max(moved)
