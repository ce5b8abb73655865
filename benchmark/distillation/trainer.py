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

from benchmark.core.errors import DivergedError
from benchmark.core.interrupts import check_interrupt
from benchmark.distillation.batching import Examples, collate, plan_batches, predict, target_logits, token_budget
from benchmark.distillation.checkpoint import Checkpoint, State, random_state, set_random_state
from benchmark.distillation.losses import LossFunction
from benchmark.distillation.optimizer import Optimizer

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
    metrics: list[Mapping[str, float]] = field(default_factory=list)
    """Losses and validation F1 per epoch."""

    @property
    def sentences_per_second(self) -> float:
        """Training sentences over the wall time, validation included."""
        return self.sentences_seen / self.train_seconds

    @property
    def overhead_share(self) -> float:
        """Share of the wall time outside forward, backward and step."""
        return 1 - self.busy_seconds / self.train_seconds

    def scalars(self) -> dict[str, float]:
        """All fields but the weights and the metrics per epoch."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("best_weights", "metrics")}

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
    checkpoint: Checkpoint | None = None,
) -> TrainingHistory:
    """Trains `model` in place until the validation loss has not fallen for `patience` epochs; keeps the best weights.

    `score` maps validation logits [A, C] to validation F1, which is logged; `on_epoch` gets the epoch's number and
    metrics. An interrupted training goes on from its `checkpoint`: `on_epoch` gets the earlier epochs again, and the
    result is that of a training without interruption. Raises DivergedError if the validation loss is never finite.
    """
    training = _Training(model, embedding, training_set, loss, config, device)
    history = training.history
    with checkpoint or Checkpoint(None) as checkpoint:
        training.restore(checkpoint.load())
        for epoch, metrics in enumerate(history.metrics, start=1):
            on_epoch(epoch, metrics)
        start = time.perf_counter() - history.train_seconds
        while not training.has_ended:
            train_loss = training.epoch()
            logits = predict(model, validation.encoded, device=device, busy=history.busy)
            valid_loss = _validation_loss(logits, validation, loss)
            history.update_best(model, valid_loss)
            history.train_seconds = time.perf_counter() - start
            history.metrics.append({"train_loss": train_loss, "valid_loss": valid_loss, "valid_f1": score(logits)})
            checkpoint.save(training.state)
            on_epoch(history.epochs, history.metrics[-1])
    if not history.best_weights:
        raise DivergedError(
            f"Training diverged: the validation loss was never a finite number in {history.epochs} epochs at "
            f"learning rate {config.learning_rate:g}. Try a lower one."
        )
    model.load_state_dict(history.best_weights)
    return history


class _Training:
    """A training: its model and data, and what changes with each epoch, which `state` holds."""

    def __init__(
        self,
        model: nn.Module,
        embedding: nn.Embedding,
        data: Examples,
        loss: LossFunction,
        config: TrainingConfig,
        device: torch.device,
    ) -> None:
        torch.manual_seed(config.seed)
        self.model, self.data, self.loss, self.config, self.device = model.to(device), data, loss, config, device
        self.budget = token_budget(data.encoded, config.batch_size)
        n_steps = config.max_epochs * len(plan_batches(data.encoded.lengths, self.budget))
        self.optimizer = Optimizer(
            model,
            embedding,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            decay_steps=min(n_steps, config.max_steps or n_steps) if config.decay else 0,
        )
        self.history, self.batch_order = TrainingHistory(), np.random.default_rng(config.seed)

    @property
    def has_ended(self) -> bool:
        history, config = self.history, self.config
        return (
            history.epochs >= config.max_epochs
            or (0 < config.max_steps <= history.steps)
            or history.epochs - history.best_epoch >= config.patience
        )

    def epoch(self) -> float:
        """One step per batch; returns the mean loss. The host waits for the device once, at the end."""
        history, steps_left = self.history, self.config.max_steps - self.history.steps
        batches = plan_batches(self.data.encoded.lengths, self.budget, self.batch_order)
        batches = batches[:steps_left] if self.config.max_steps else batches
        self.model.train()
        total = torch.zeros((), device=self.device)
        for rows in batches:
            check_interrupt()
            batch = collate(self.data.encoded, rows).to(self.device)
            targets = self.data.target_tensor(batch.target_rows).to(self.device, non_blocking=True)
            with history.busy():
                value = self.loss(target_logits(self.model, batch), targets)
                value.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
            total += value.detach()
        history.epochs += 1
        history.steps += len(batches)
        history.sentences_seen += sum(map(len, batches))
        with history.busy():
            return total.item() / len(batches)

    def state(self) -> State:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": vars(self.history),
            "batches": self.batch_order.bit_generator.state,
            "random": random_state(),
        }

    def restore(self, state: State | None) -> None:
        if state:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            vars(self.history).update(state["history"])
            self.batch_order.bit_generator.state = state["batches"]
            set_random_state(state["random"])


def _validation_loss(logits: NDArray[np.float32], validation: Examples, loss: LossFunction) -> float:
    """The loss over all targets that model and teacher have logits of."""
    seen = ~np.isnan(logits[:, 0]) & ~validation.unread
    return float(loss(torch.from_numpy(logits[seen]), validation.target_tensor(seen)))
