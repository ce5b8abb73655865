"""The training of a baseline: on labels of the data or of the teacher, the best of its variants on validation."""

import time
from dataclasses import dataclass
from typing import Any, cast

from benchmark.core.interrupts import check_interrupt
from benchmark.data.entry import Split
from benchmark.distillation.encoding import POOL, Part
from benchmark.distillation.scores import macro_f1
from benchmark.distillation.training_run import TrainingRun
from students.baselines import Baseline, new_baseline
from tracking import scratch_folder


@dataclass(frozen=True, kw_only=True)
class FittedBaseline:
    """A trained baseline."""

    model: Baseline
    valid_f1: float
    train_seconds: float
    """Of all variants."""
    n_texts: int


def fit_baseline(run: TrainingRun) -> FittedBaseline:
    """Trains every variant of the spec's baseline; of equals on validation, the first is kept."""
    texts, labels = _examples(run)
    begin = time.perf_counter()
    fitted: dict[float, Baseline] = {}
    for variant in new_baseline(run.spec.student).VARIANTS:
        check_interrupt()
        model = new_baseline(run.spec.student)
        with scratch_folder() as scratch:
            model.fit(texts, labels, run.spec.seed, scratch, **variant)
        fitted.setdefault(_score(run, model), model)
    best = max(fitted)
    seconds = time.perf_counter() - begin
    return FittedBaseline(model=fitted[best], valid_f1=best, train_seconds=seconds, n_texts=len(texts))


def _score(run: TrainingRun, model: Baseline) -> float:
    data, corpus = run.data, run.data.corpus
    return macro_f1(data.gold("validation"), model.predict(data.texts("validation")), corpus.metric, corpus.labels)


def _examples(run: TrainingRun) -> tuple[list[Any], list[Any]]:
    """Texts with their labels, or with those that the teacher predicts; words without a token have the commonest."""
    if run.spec.loss == "hard" or run.teacher is None:
        return list(run.data.texts("train")), run.data.gold("train")
    parts: tuple[Part, ...] = ("train", POOL) if run.spec.unlabeled else ("train",)
    texts = [text for part in parts for text in run.data.texts(part)]
    predicted = [run.data.decode(run.teacher.logits(part), cast(Split, part)) for part in parts]
    return texts, [label for labels in predicted for label in labels]
