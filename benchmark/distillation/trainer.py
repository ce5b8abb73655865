"""The training loop: one for the teacher and for every student, setting, learning rate and seed."""

import ctypes
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

from benchmark.core.errors import DivergedError
from benchmark.core.interrupts import check_interrupt
from benchmark.distillation.batching import Examples, collate, plan_batches, predict, target_logits, token_budget
from benchmark.distillation.losses import LossFunction

MAX_GRADIENT_NORM = 1.0
WARMUP_STEPS = 50

OnEpoch = Callable[[int, Mapping[str, float]], None]
Score = Callable[[NDArray[np.float32]], float]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Hyperparameters of a training; the fields are those of a RunSpec."""

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
    """History of a training; `steps_to_best` counts optimiser steps up to the best weights."""

    epochs: int = 0
    steps: int = 0
    steps_to_best: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    sentences_seen: int = 0
    train_seconds: float = 0.0
    busy_seconds: float = 0.0
    """Time in forward, backward and step, of training and validation, waiting for the device included."""
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def sentences_per_second(self) -> float:
        """Training sentences over the wall time, validation included."""
        return self.sentences_seen / self.train_seconds

    @property
    def overhead_share(self) -> float:
        """Share of the wall time outside forward, backward and step."""
        return 1 - self.busy_seconds / self.train_seconds

    def scalars(self) -> dict[str, float]:
        """All fields but the weights."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "best_weights"}

    def update_best(self, model: nn.Module, valid_loss: float) -> None:
        """Copies the weights if the loss is the lowest so far."""
        if valid_loss < self.best_loss:
            self.best_loss = valid_loss
            self.best_epoch = self.epochs
            self.steps_to_best = self.steps
            self.best_weights = {name: value.clone() for name, value in model.state_dict().items()}

    @contextmanager
    def busy(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.busy_seconds += time.perf_counter() - start


class Optimizer:
    """Adam for the dense parameters of `model`, SparseAdam for its embedding table.

    The table holds most of a small student's parameters, and a batch reads a few hundred of its rows: updating all of
    them would cost more than the rest of the step. So the table has sparse gradients, and SparseAdam updates only the
    rows (and their moments) that were read.
    """

    def __init__(
        self, model: nn.Module, embedding: nn.Embedding, *, learning_rate: float, weight_decay: float, decay_steps: int
    ) -> None:
        embedding.sparse = True
        self.dense = [p for p in model.parameters() if p is not embedding.weight and p.requires_grad]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(self.dense, lr=learning_rate, weight_decay=weight_decay, fused=True),
            torch.optim.SparseAdam([embedding.weight], lr=learning_rate),
        ]
        self.schedules = [LambdaLR(o, lambda step: _factor(step, decay_steps)) for o in self.optimizers]

    def step(self) -> None:
        """Applies the gradients and clears them."""
        clip_grad_norm_(self.dense, MAX_GRADIENT_NORM)
        for optimizer, schedule in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)


def _factor(step: int, decay_steps: int) -> float:
    """Linear warm-up, then constant, or with `decay_steps` > 0 linear decay to 0 at that step."""
    warm = min(1.0, (step + 1) / WARMUP_STEPS)
    return warm * max(0.0, 1 - step / decay_steps) if decay_steps else warm


@contextmanager
def freed_memory_reused() -> Iterator[None]:
    """For the block, glibc returns no freed memory to the system; other allocators are left unchanged.

    By default it returns most of a step's activations after the backward pass, and each page is cleared again at its
    first use in the next step.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "mallopt"):
        yield
        return
    trim_threshold, mmap_threshold = -1, -3  # parameters of mallopt (man 3 mallopt)
    libc.mallopt(mmap_threshold, 32 * 2**20)
    libc.mallopt(trim_threshold, -1)
    try:
        yield
    finally:
        libc.mallopt(trim_threshold, 128 * 1024)
        libc.malloc_trim(0)


@freed_memory_reused()
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

    `score` maps validation logits [A, C] to validation F1, which is logged; `on_epoch` gets the epoch's number and
    metrics. Raises DivergedError if the validation loss is never finite.
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
    while not _has_ended(history, config):
        batches = plan_batches(training_set.encoded.lengths, budget, rng)
        if config.max_steps:
            batches = batches[: config.max_steps - history.steps]
        train_loss = _epoch(model, optimizer, training_set, batches, loss, history, device)
        logits = predict(model, validation.encoded, device=device, busy=history.busy)
        valid_loss = _validation_loss(logits, validation, loss)
        history.update_best(model, valid_loss)
        history.train_seconds = time.perf_counter() - start
        on_epoch(history.epochs, {"train_loss": train_loss, "valid_loss": valid_loss, "valid_f1": score(logits)})
    if not history.best_weights:
        raise DivergedError(
            f"Training diverged: the validation loss was never a finite number in {history.epochs} epochs at "
            f"learning rate {config.learning_rate:g}. Try a lower one."
        )
    model.load_state_dict(history.best_weights)
    return history


def _has_ended(history: TrainingHistory, config: TrainingConfig) -> bool:
    return (
        history.epochs >= config.max_epochs
        or (0 < config.max_steps <= history.steps)
        or history.epochs - history.best_epoch >= config.patience
    )


def _epoch(
    model: nn.Module,
    optimizer: Optimizer,
    training_set: Examples,
    batches: list[NDArray[np.int64]],
    loss: LossFunction,
    history: TrainingHistory,
    device: torch.device,
) -> float:
    """One step per batch of sentence indices; returns the mean loss. The host waits for the device once, at the end."""
    model.train()
    total = torch.zeros((), device=device)
    for rows in batches:
        check_interrupt()
        batch = collate(training_set.encoded, rows).to(device)
        targets = training_set.target_tensor(batch.target_rows).to(device, non_blocking=True)
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


def _validation_loss(logits: NDArray[np.float32], validation: Examples, loss: LossFunction) -> float:
    """The loss over all targets that have logits."""
    seen = ~np.isnan(logits[:, 0])
    return float(loss(torch.from_numpy(logits[seen]), validation.target_tensor(seen)))
