"""The training loop: one for the teacher and for every student, setting, learning rate and seed."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.core.errors import DivergedError
from benchmark.distillation.batching import Batch, collate, plan_batches, token_budget
from benchmark.distillation.encoding import Sentences
from benchmark.distillation.losses import LossFunction
from benchmark.distillation.optimizer import Optimizer

OnEpoch = Callable[[int, Mapping[str, float]], None]
Score = Callable[[NDArray[np.float32]], float]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Sentences and what is to be answered: `targets` are labels [A] or (memory-mapped) teacher logits [A, C]."""

    sentences: Sentences
    targets: NDArray[Any]

    def take(self, rows: NDArray[np.int64]) -> "Exercise":
        """Those sentences with their targets."""
        return Exercise(sentences=self.sentences.take(rows), targets=self.targets[self.sentences.answers_of(rows)])


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train; the fields are those of a RunSpec."""

    learning_rate: float
    weight_decay: float
    decay: bool
    batch_size: int
    max_epochs: int
    max_steps: int
    patience: int
    seed: int


@dataclass(kw_only=True)
class Progress:
    """What came of a training. `steps_to_best` counts optimiser steps up to the weights that were kept."""

    epochs: int = 0
    steps: int = 0
    steps_to_best: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    sentences_seen: int = 0
    train_seconds: float = 0.0
    busy_seconds: float = 0.0
    """Spent in forward, backward and step, of training and validation, and waiting for the device to finish them."""
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def sentences_per_second(self) -> float:
        """Training sentences over the whole wall time, validation included."""
        return self.sentences_seen / self.train_seconds

    @property
    def overhead_share(self) -> float:
        """Share of the wall time outside forward, backward and step."""
        return 1 - self.busy_seconds / self.train_seconds

    def figures(self) -> dict[str, float]:
        """All but the weights."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "best_weights"}

    @contextmanager
    def busy(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.busy_seconds += time.perf_counter() - start


def train(
    model: nn.Module,
    embedding: nn.Embedding,
    *,
    practice: Exercise,
    validation: Exercise,
    loss: LossFunction,
    score: Score,
    recipe: Recipe,
    on_epoch: OnEpoch,
    device: torch.device,
) -> Progress:
    """Trains `model` in place until the validation loss has not fallen for `patience` epochs; keeps the best weights.

    `score` maps the validation logits [A, C] to the validation F1, which is logged. `on_epoch` gets the epoch's
    number and its metrics. Only the validation split is looked at.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model.to(device)
    budget = token_budget(practice.sentences, recipe.batch_size)
    n_steps = recipe.max_epochs * len(plan_batches(practice.sentences.lengths, budget))
    optimizer = Optimizer(
        model,
        embedding,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        decay_steps=min(n_steps, recipe.max_steps or n_steps) if recipe.decay else 0,
    )
    progress = Progress()
    start = time.perf_counter()
    while not _is_over(progress, recipe):
        left = recipe.max_steps - progress.steps if recipe.max_steps else None
        train_loss = _epoch(model, optimizer, practice, loss, budget, left, rng, progress, device)
        logits = predict(model, validation.sentences, device=device, busy=progress.busy)
        valid_loss = _validation_loss(logits, validation, loss)
        _keep_best(model, progress, valid_loss)
        progress.train_seconds = time.perf_counter() - start
        on_epoch(progress.epochs, {"train_loss": train_loss, "valid_loss": valid_loss, "valid_f1": score(logits)})
    if not progress.best_weights:
        raise DivergedError(
            f"Training diverged: the validation loss was never a finite number in {progress.epochs} epochs at "
            f"learning rate {recipe.learning_rate:g}. Try a lower one."
        )
    model.load_state_dict(progress.best_weights)
    return progress


def _is_over(progress: Progress, recipe: Recipe) -> bool:
    return (
        progress.epochs >= recipe.max_epochs
        or (0 < recipe.max_steps <= progress.steps)
        or progress.epochs - progress.best_epoch >= recipe.patience
    )


def _epoch(
    model: nn.Module,
    optimizer: Optimizer,
    practice: Exercise,
    loss: LossFunction,
    budget: int,
    most_steps: int | None,
    rng: np.random.Generator,
    progress: Progress,
    device: torch.device,
) -> float:
    """One pass over the sentences, or as much of it as `most_steps` allows; returns the mean loss of its batches.

    The host waits for the device once, at the end.
    """
    model.train()
    total = torch.zeros((), device=device)
    batches = plan_batches(practice.sentences.lengths, budget, rng)[:most_steps]
    for chosen in batches:
        batch = collate(practice.sentences, chosen).to(device)
        targets = _targets(practice, batch, device)
        with progress.busy():
            value = loss(answer_logits(model, batch), targets)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        total += value.detach()
    progress.epochs += 1
    progress.steps += len(batches)
    progress.sentences_seen += sum(map(len, batches))
    with progress.busy():
        return total.item() / len(batches)


def answer_logits(model: nn.Module, batch: Batch) -> Tensor:
    """The model's logits [N, C] at the batch's answers."""
    logits: Tensor = model(batch.input_ids, batch.attention_mask)
    return logits.flatten(0, -2).index_select(0, batch.places)


def _targets(exercise: Exercise, batch: Batch, device: torch.device) -> Tensor:
    """Labels [N] or teacher logits [N, C] of the batch's answers."""
    targets = torch.from_numpy(np.asarray(exercise.targets[batch.answers]))
    return (targets.float() if targets.is_floating_point() else targets).to(device, non_blocking=True)


@torch.inference_mode()
def predict(
    model: nn.Module,
    sentences: Sentences,
    *,
    device: torch.device,
    batch_size: int = 64,
    busy: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> NDArray[np.float32]:
    """Logits [A, C] of every answer; NaN for a word without a piece. `busy` is entered while the model works."""
    model.eval()
    parts, answers = [], []
    for chosen in plan_batches(sentences.lengths, token_budget(sentences, batch_size)):
        batch = collate(sentences, chosen).to(device)
        with busy():
            parts.append(answer_logits(model, batch))
        answers.append(batch.answers)
    with busy():
        found = torch.cat(parts).float().cpu().numpy()
    logits = np.full((sentences.n_answers, found.shape[1]), np.nan, dtype=np.float32)
    logits[np.concatenate(answers)] = found
    return logits


def _validation_loss(logits: NDArray[np.float32], validation: Exercise, loss: LossFunction) -> float:
    """The loss over all answers that the model gave."""
    given = ~np.isnan(logits[:, 0])
    targets = torch.from_numpy(np.asarray(validation.targets)[given])
    return float(loss(torch.from_numpy(logits[given]), targets.float() if targets.is_floating_point() else targets))


def _keep_best(model: nn.Module, progress: Progress, valid_loss: float) -> None:
    if valid_loss < progress.best_loss:
        progress.best_loss = valid_loss
        progress.best_epoch = progress.epochs
        progress.steps_to_best = progress.steps
        progress.best_weights = {name: value.clone() for name, value in model.state_dict().items()}
