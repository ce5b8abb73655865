"""The paper's learning-rate search (section 4.4) by successive halving.

All rates are tried with a small share of the run's budget, and those of the lowest validation loss with all of it
(Jamieson and Talwalkar, 2016, https://arxiv.org/abs/1502.07943). After a short training high rates lead, so more than
one is promoted; F1 may be near 0, where random predictions beat a model that has begun to learn, so the loss decides.
Each trial is a run with a schedule of its length. Its result is stored until the search has ended, so that a killed
search is resumed, by the same teacher.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from benchmark.core.cache import verify, write_dir_atomic
from benchmark.core.errors import DivergedError
from benchmark.core.interrupts import is_interrupted
from benchmark.core.presets import FINALISTS, GRID_RATES, SCREENING
from benchmark.distillation.batching import plan_batches, token_budget
from benchmark.distillation.trainer import TrainingHistory
from benchmark.distillation.training_run import TrainedModel, TrainingRun
from tracking import ActiveRun, cache_folder

WEIGHTS, LOGITS, PROGRESS = "weights.safetensors", "valid_logits.npy", "progress.json"
DIVERGED = "diverged"
"""Marks a rate at which training diverged."""
Begin = Callable[[float, int], ActiveRun]
"""Begins a trial: a learning rate, and maximum optimiser steps (0: no maximum)."""


def grid_search(training_run: TrainingRun, begin_trial: Begin, on_epoch: Callable[[int], None]) -> TrainedModel:
    """Trains at the rates of the grid and returns the best. Raises DivergedError if all rates diverge."""
    folder = cache_folder() / "trials" / f"{training_run.spec.key}{training_run.teacher_run_id}"
    trials = _Trials(training_run, folder, begin_trial, on_epoch)
    few_steps = ceil(SCREENING * expected_steps(training_run))
    losses = {rate: trained.history.best_loss for rate in GRID_RATES if (trained := trials.trained(rate, few_steps))}
    finalists = sorted(losses, key=lambda rate: losses[rate])[:FINALISTS]
    finals = (trials.trained(rate, training_run.spec.max_steps) for rate in finalists)
    best = max((trained for trained in finals if trained), key=lambda trained: trained.valid_f1, default=None)
    shutil.rmtree(folder, ignore_errors=True)
    if best is None:
        raise DivergedError(f"Training diverged at every learning rate of the grid: {GRID_RATES}.")
    return best


def expected_steps(training_run: TrainingRun) -> int:
    """Maximum optimiser steps of a run: early stopping tends to end it by twice its patience."""
    spec, sentences = training_run.spec, training_run.training_set.examples.encoded
    n_batches = len(plan_batches(sentences.lengths, token_budget(sentences, spec.batch_size)))
    steps = n_batches * min(spec.max_epochs, 2 * spec.patience)
    return min(steps, spec.max_steps or steps)


@dataclass(frozen=True)
class _Trials:
    """Trainings at several rates, with their results in `folder`."""

    training_run: TrainingRun
    folder: Path
    begin: Begin
    on_epoch: Callable[[int], None]

    def trained(self, rate: float, max_steps: int) -> TrainedModel | None:
        """The model trained at a rate, or stored before; None if training diverges."""
        stored = self.folder / f"{rate:g}.{max_steps}"
        if verify(stored):
            return None if (stored / DIVERGED).exists() else self._load(rate, stored)
        run = self.begin(rate, max_steps)

        def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
            run.log_epoch(epoch, metrics)
            self.on_epoch(epoch)

        try:
            trained = self.training_run.train(rate, on_epoch, max_steps)
        except DivergedError as error:
            write_dir_atomic(stored, lambda folder: (folder / DIVERGED).touch())
            run.fail(str(error))
            return None
        except BaseException as error:
            if isinstance(error, Exception) and not is_interrupted():
                run.fail(f"{type(error).__name__}: {error}")
            else:
                run.kill()
            raise
        write_dir_atomic(stored, partial(_save, trained))
        seconds = trained.history.train_seconds
        run.finish({"learning_rate": rate, "valid_f1": trained.valid_f1, "train_seconds": seconds})
        return trained

    def _load(self, rate: float, folder: Path) -> TrainedModel:
        scalars, device = json.loads((folder / PROGRESS).read_text()), self.training_run.device
        model = self.training_run.build().to(device)
        model.load_state_dict(load_file(folder / WEIGHTS, device=str(device)))
        return TrainedModel(
            model=model,
            learning_rate=rate,
            valid_f1=scalars.pop("valid_f1"),
            valid_logits=np.load(folder / LOGITS),
            history=TrainingHistory(**scalars),
        )


def _save(trained: TrainedModel, folder: Path) -> None:
    save_file({name: value.contiguous() for name, value in trained.model.state_dict().items()}, folder / WEIGHTS)
    np.save(folder / LOGITS, trained.valid_logits)
    (folder / PROGRESS).write_text(json.dumps({"valid_f1": trained.valid_f1, **trained.history.scalars()}))
