"""Error analysis of a data set from the files of its runs: F1 by class, confusion, error by length, training curves."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean
from typing import Any

from benchmark.core.run_store import LABEL_SCORES
from benchmark.data.tags import OUTSIDE, types_of
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.predictions import Prediction, predictions_of
from benchmark.reporting.related_runs import grid_trials
from benchmark.reporting.results import Row
from tracking import Record, Store, StoreError

Curve = Sequence[tuple[int, float]]
"""(Epoch, validation F1 in 0..1)."""
N_BINS = 5
MAX_LABELS = 30
"""Labels of a confusion matrix; rarer ones share one row."""
OTHERS = "(others)"


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Confusion matrix: true labels by row, predicted labels by column."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class LengthBin:
    """Error on texts of `shortest` to `longest` words."""

    shortest: int
    longest: int
    n_texts: int
    error: float
    """Share of wrong labels in 0..1."""


@dataclass(frozen=True, kw_only=True)
class ErrorAnalysis:
    """Error analysis of one data set; mappings are by `label` of an entry, and lack entries without files."""

    dataset: str
    n_test: int | None = None
    mean_words: float | None = None
    """Mean words of a test text."""
    best: str = ""
    """The student of `confusion`, and of `f1_by_class` beside its teacher."""
    f1_by_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    confusion: Confusion | None = None
    lengths: Mapping[str, Sequence[LengthBin]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)


def error_analysis(leaderboard: Leaderboard, store: Store, records: Sequence[Record]) -> ErrorAnalysis:
    """Reads the run of the lowest seed of each student's best setting; `leaderboard` is of one data set."""
    entries = {label(entry, leaderboard): entry for entry in leaderboard.entries if entry.f1 is not None}
    rows = {row.run_id: row for row in sorted(leaderboard.rows, key=lambda row: row.seed or 0, reverse=True)}
    runs = {name: min(e.runs, key=lambda run_id: rows[run_id].seed or 0, default="") for name, e in entries.items()}
    # each teacher, and each student's first entry, which is its best
    leaders = {(entry.teacher, entry.student): name for name, entry in reversed(entries.items())}.values()
    read = ((name, predictions_of(store, runs[name])) for name in entries if name in leaders and runs[name])
    predictions = {name: found for name, found in read if found}
    texts = next(iter(predictions.values()), [])  # all entries have predictions of the same ones
    best = next((name for name in predictions if not entries[name].is_teacher), "")
    compared = [name for name in predictions if entries[name].is_teacher or name == best]
    scores = ((name, _label_scores(store, runs[name])) for name in compared)
    return ErrorAnalysis(
        dataset=leaderboard.datasets[0],
        n_test=max(map(len, predictions.values()), default=None),
        mean_words=fmean(one.length for one in texts) if texts else None,
        best=best,
        f1_by_class={name: found for name, found in scores if found},
        confusion=confusion(predictions[best]) if best else None,
        lengths={name: length_bins(found) for name, found in predictions.items()},
        curves=_curves(store, runs, rows, records),
    )


def label(entry: LeaderboardEntry, leaderboard: Leaderboard) -> str:
    """A name that is unique within the leaderboard."""
    return f"{entry.name} ({entry.teacher})" if len(leaderboard.teachers) > 1 else entry.name


def _label_scores(store: Store, run_id: str) -> dict[str, float]:
    try:
        scores: dict[str, Any] = json.loads(store.text(run_id, LABEL_SCORES))
        return {str(name): float(score) for name, score in scores.items() if isfinite(score)}
    except (StoreError, OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        return {}


def _curves(
    store: Store, runs: Mapping[str, str], rows: Mapping[str, Row], records: Sequence[Record]
) -> dict[str, Curve]:
    """A run that searched its learning rate has its curve in the trial of the chosen rate."""
    trials = grid_trials(records)
    sources = {name: trials.get((id_, rows[id_].learning_rate), id_) for name, id_ in runs.items() if id_}
    curves = {name: store.history(run_id, "valid_f1") for name, run_id in sources.items()}
    return {name: curve for name, curve in curves.items() if len(curve) > 1}


def confusion(predictions: Sequence[Prediction]) -> Confusion:
    """Of labels, or of the entity types of words. The most frequent true ones first; words rightly outside of every
    entity are left out."""
    pairs = Counter(pair for one in predictions for pair in one.pairs())
    if predictions and not isinstance(predictions[0].gold, str):
        types = types_of({tag for pair in pairs for tag in pair})
        by_type = Counter[tuple[str, str]]()
        for (gold, predicted), count in pairs.items():
            by_type[types[gold], types[predicted]] += count
        pairs = by_type
    pairs.pop((OUTSIDE, OUTSIDE), None)
    n_true = Counter({label: 0 for pair in pairs for label in pair})
    for (gold, _), count in pairs.items():
        n_true[gold] += count
    labels = [label for label, _ in n_true.most_common()]
    shown = labels if len(labels) <= MAX_LABELS else [*labels[: MAX_LABELS - 1], OTHERS]
    counts: Counter[tuple[str, ...]] = Counter()
    for pair, count in pairs.items():
        counts[tuple(label if label in shown else OTHERS for label in pair)] += count
    matrix = tuple(tuple(counts[gold, predicted] for predicted in shown) for gold in shown)
    return Confusion(labels=tuple(shown), counts=matrix)


def length_bins(predictions: Sequence[Prediction]) -> list[LengthBin]:
    """Error by text length: at most N_BINS bins of about equally many texts, the shortest first."""
    lengths = sorted(one.length for one in predictions)
    cuts = sorted({lengths[len(lengths) * i // N_BINS] for i in range(1, N_BINS)}) if lengths else []
    groups: dict[int, list[Prediction]] = {}
    for one in predictions:
        groups.setdefault(bisect_right(cuts, one.length), []).append(one)
    return [_length_bin(groups[number]) for number in sorted(groups)]


def _length_bin(predictions: Sequence[Prediction]) -> LengthBin:
    lengths = [one.length for one in predictions]
    wrong = [gold != predicted for one in predictions for gold, predicted in one.pairs()]
    return LengthBin(
        shortest=min(lengths), longest=max(lengths), n_texts=len(lengths), error=fmean(wrong) if wrong else 0.0
    )
