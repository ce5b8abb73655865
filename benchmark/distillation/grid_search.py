"""The paper's learning-rate search: six rates, the best by validation F1 (section 4.4).

Each rate is a trial with a run of its own. What a trial came to is kept until the search has ended, so that a search
that was killed goes on where it stopped, by the same teacher.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from benchmark.core.cache import verify, write_dir_atomic
from benchmark.core.errors import DivergedError
from benchmark.core.presets import GRID_RATES
from benchmark.distillation.trainer import TrainingHistory
from benchmark.distillation.training_run import TrainedModel, TrainingRun
from tracking import ActiveRun, cache_folder

WEIGHTS, LOGITS, PROGRESS = "weights.safetensors", "valid_logits.npy", "progress.json"
DIVERGED = "diverged"
"""Marks a rate that led nowhere."""


def search(
    training_run: TrainingRun, begin_trial: Callable[[float], ActiveRun], watch: Callable[[int], None]
) -> TrainedModel:
    """Teaches at every rate of the grid and returns the best. Raises DivergedError where all rates diverge."""
    folder = cache_folder() / "trials" / f"{training_run.spec.key}{training_run.teacher}"
    tried = (_trial(training_run, rate, folder / f"{rate:g}", begin_trial, watch) for rate in GRID_RATES)
    best = max((trained for trained in tried if trained), key=lambda trained: trained.valid_f1, default=None)
    shutil.rmtree(folder, ignore_errors=True)
    if best is None:
        raise DivergedError(f"Training diverged at every learning rate of the grid: {GRID_RATES}.")
    return best


def _trial(
    training_run: TrainingRun,
    rate: float,
    kept: Path,
    begin_trial: Callable[[float], ActiveRun],
    watch: Callable[[int], None],
) -> TrainedModel | None:
    """One rate; None where it diverges."""
    if verify(kept):
        return None if (kept / DIVERGED).exists() else _load(training_run, rate, kept)
    run = begin_trial(rate)

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        run.log_epoch(epoch, metrics)
        watch(epoch)

    try:
        trained = training_run.train(rate, on_epoch)
    except DivergedError as error:
        write_dir_atomic(kept, lambda folder: (folder / DIVERGED).touch())
        run.fail(str(error))
        return None
    except Exception as error:
        run.fail(f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        run.kill()
        raise
    write_dir_atomic(kept, partial(_save, trained))
    run.finish({"learning_rate": rate, "valid_f1": trained.valid_f1, "train_seconds": trained.history.train_seconds})
    return trained


def _save(trained: TrainedModel, folder: Path) -> None:
    save_file({name: value.contiguous() for name, value in trained.model.state_dict().items()}, folder / WEIGHTS)
    np.save(folder / LOGITS, trained.valid_logits)
    (folder / PROGRESS).write_text(json.dumps({"valid_f1": trained.valid_f1, **trained.history.figures()}))


def _load(training_run: TrainingRun, rate: float, folder: Path) -> TrainedModel:
    figures = json.loads((folder / PROGRESS).read_text())
    model = training_run.build().to(training_run.device)
    model.load_state_dict(load_file(folder / WEIGHTS, device=str(training_run.device)))
    return TrainedModel(
        model=model,
        learning_rate=rate,
        valid_f1=figures.pop("valid_f1"),
        valid_logits=np.load(folder / LOGITS),
        history=TrainingHistory(**figures),
    )
