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
from benchmark.distillation.encoding import EncodedTexts
from benchmark.distillation.heap import heap_kept
from benchmark.distillation.losses import LossFunction
from benchmark.distillation.optimizer import Optimizer

OnEpoch = Callable[[int, Mapping[str, float]], None]
Score = Callable[[NDArray[np.float32]], float]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Sentences and what is to be answered: `targets` are labels [A] or (memory-mapped) teacher logits [A, C]."""

    encoded: EncodedTexts
    targets: NDArray[Any]

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """Those sentences with their targets."""
        return Examples(encoded=self.encoded.take(rows), targets=self.targets[self.encoded.target_rows(rows)])


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
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
class TrainingHistory:
    """History of a training. `steps_to_best` counts optimiser steps up to the weights that were kept."""

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


@heap_kept()
def train(
    model: nn.Module,
    embedding: nn.Embedding,
    *,
    training_set: Examples,
    validation: Examples,
    loss: LossFunction,
    score: Score,
    config: TrainingConfig,
    on_epoch: OnEpoch,
    device: torch.device,
) -> TrainingHistory:
    """Trains `model` in place until the validation loss has not fallen for `patience` epochs; keeps the best weights.

    `score` maps the validation logits [A, C] to the validation F1, which is logged. `on_epoch` gets the epoch's
    number and its metrics. Only the validation split is looked at.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    model.to(device)
    budget = token_budget(training_set.encoded, config.batch_size)
    n_steps = config.max_epochs * len(plan_batches(training_set.encoded.lengths, budget))
    optimizer = Optimizer(
        model,
        embedding,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        decay_steps=min(n_steps, config.max_steps or n_steps) if config.decay else 0,
    )
    history = TrainingHistory()
    start = time.perf_counter()
    while not _is_over(history, config):
        left = config.max_steps - history.steps if config.max_steps else None
        train_loss = _epoch(model, optimizer, training_set, loss, budget, left, rng, history, device)
        logits = predict(model, validation.encoded, device=device, busy=history.busy)
        valid_loss = _validation_loss(logits, validation, loss)
        _keep_best(model, history, valid_loss)
        history.train_seconds = time.perf_counter() - start
        on_epoch(history.epochs, {"train_loss": train_loss, "valid_loss": valid_loss, "valid_f1": score(logits)})
    if not history.best_weights:
        raise DivergedError(
            f"Training diverged: the validation loss was never a finite number in {history.epochs} epochs at "
            f"learning rate {config.learning_rate:g}. Try a lower one."
        )
    model.load_state_dict(history.best_weights)
    return history


def _is_over(history: TrainingHistory, config: TrainingConfig) -> bool:
    return (
        history.epochs >= config.max_epochs
        or (0 < config.max_steps <= history.steps)
        or history.epochs - history.best_epoch >= config.patience
    )


def _epoch(
    model: nn.Module,
    optimizer: Optimizer,
    training_set: Examples,
    loss: LossFunction,
    budget: int,
    most_steps: int | None,
    rng: np.random.Generator,
    history: TrainingHistory,
    device: torch.device,
) -> float:
    """One pass over the sentences, or as much of it as `most_steps` allows; returns the mean loss of its batches.

    The host waits for the device once, at the end.
    """
    model.train()
    total = torch.zeros((), device=device)
    batches = plan_batches(training_set.encoded.lengths, budget, rng)[:most_steps]
    for chosen in batches:
        batch = collate(training_set.encoded, chosen).to(device)
        targets = _targets(training_set, batch, device)
        with history.busy():
            value = loss(target_logits(model, batch), targets)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        total += value.detach()
    history.epochs += 1
    history.steps += len(batches)
    history.sentences_seen += sum(map(len, batches))
    with history.busy():
        return total.item() / len(batches)


def target_logits(model: nn.Module, batch: Batch) -> Tensor:
    """The model's logits [N, C] at the batch's answers."""
    logits: Tensor = model(batch.input_ids, batch.attention_mask)
    return logits.flatten(0, -2).index_select(0, batch.target_positions)


def _targets(examples: Examples, batch: Batch, device: torch.device) -> Tensor:
    """Labels [N] or teacher logits [N, C] of the batch's answers."""
    targets = torch.from_numpy(np.asarray(examples.targets[batch.target_rows]))
    return (targets.float() if targets.is_floating_point() else targets).to(device, non_blocking=True)


@torch.inference_mode()
def predict(
    model: nn.Module,
    encoded: EncodedTexts,
    *,
    device: torch.device,
    batch_size: int = 64,
    busy: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> NDArray[np.float32]:
    """Logits [A, C] of every answer; NaN for a word without a token. `busy` is entered while the model works."""
    model.eval()
    parts, target_rows = [], []
    for chosen in plan_batches(encoded.lengths, token_budget(encoded, batch_size)):
        batch = collate(encoded, chosen).to(device)
        with busy():
            parts.append(target_logits(model, batch))
        target_rows.append(batch.target_rows)
    with busy():
        found = torch.cat(parts).float().cpu().numpy()
    logits = np.full((encoded.n_targets, found.shape[1]), np.nan, dtype=np.float32)
    logits[np.concatenate(target_rows)] = found
    return logits


def _validation_loss(logits: NDArray[np.float32], validation: Examples, loss: LossFunction) -> float:
    """The loss over all answers that the model gave."""
    given = ~np.isnan(logits[:, 0])
    targets = torch.from_numpy(np.asarray(validation.targets)[given])
    return float(loss(torch.from_numpy(logits[given]), targets.float() if targets.is_floating_point() else targets))


def _keep_best(model: nn.Module, history: TrainingHistory, valid_loss: float) -> None:
    if valid_loss < history.best_loss:
        history.best_loss = valid_loss
        history.best_epoch = history.epochs
        history.steps_to_best = history.steps
        history.best_weights = {name: value.clone() for name, value in model.state_dict().items()}
