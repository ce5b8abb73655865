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

from benchmark.core.checksums import is_whole, keep_folder
from benchmark.core.errors import DivergedError
from benchmark.core.presets import GRID_RATES
from benchmark.distillation.trainer import Progress
from benchmark.distillation.training_run import Lesson, Taught
from tracking import ActiveRun, cache_folder

WEIGHTS, LOGITS, PROGRESS = "weights.safetensors", "valid_logits.npy", "progress.json"
DIVERGED = "diverged"
"""Marks a rate that led nowhere."""


def search(lesson: Lesson, begin_trial: Callable[[float], ActiveRun], watch: Callable[[int], None]) -> Taught:
    """Teaches at every rate of the grid and returns the best. Raises DivergedError where all rates diverge."""
    folder = cache_folder() / "trials" / f"{lesson.spec.key}{lesson.teacher}"
    tried = (_trial(lesson, rate, folder / f"{rate:g}", begin_trial, watch) for rate in GRID_RATES)
    best = max((taught for taught in tried if taught), key=lambda taught: taught.valid_f1, default=None)
    shutil.rmtree(folder, ignore_errors=True)
    if best is None:
        raise DivergedError(f"Training diverged at every learning rate of the grid: {GRID_RATES}.")
    return best


def _trial(
    lesson: Lesson, rate: float, kept: Path, begin_trial: Callable[[float], ActiveRun], watch: Callable[[int], None]
) -> Taught | None:
    """One rate; None where it diverges."""
    if is_whole(kept):
        return None if (kept / DIVERGED).exists() else _load(lesson, rate, kept)
    run = begin_trial(rate)

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        run.log_epoch(epoch, metrics)
        watch(epoch)

    try:
        taught = lesson.teach(rate, on_epoch)
    except DivergedError as error:
        keep_folder(kept, lambda folder: (folder / DIVERGED).touch())
        run.fail(str(error))
        return None
    except Exception as error:
        run.fail(f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        run.kill()
        raise
    keep_folder(kept, partial(_save, taught))
    run.finish({"learning_rate": rate, "valid_f1": taught.valid_f1, "train_seconds": taught.progress.train_seconds})
    return taught


def _save(taught: Taught, folder: Path) -> None:
    save_file({name: value.contiguous() for name, value in taught.model.state_dict().items()}, folder / WEIGHTS)
    np.save(folder / LOGITS, taught.valid_logits)
    (folder / PROGRESS).write_text(json.dumps({"valid_f1": taught.valid_f1, **taught.progress.figures()}))


def _load(lesson: Lesson, rate: float, folder: Path) -> Taught:
    figures = json.loads((folder / PROGRESS).read_text())
    model = lesson.build().to(lesson.device)
    model.load_state_dict(load_file(folder / WEIGHTS, device=str(lesson.device)))
    return Taught(
        model=model,
        learning_rate=rate,
        valid_f1=figures.pop("valid_f1"),
        valid_logits=np.load(folder / LOGITS),
        progress=Progress(**figures),
    )
