"""Brings what a page tells of each data set from the store: answers on test, F1 by class, curves of training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean
from typing import Any

from benchmark.core.artifacts import LABEL_SCORES, PREDICTIONS
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.predictions import Confusion, LengthBin, Prediction, confusion, length_bins, read_predictions
from benchmark.reporting.results import Row
from tracking import Record, Store, StoreError

"""Files of a run, as the exam lays them out."""
CURVE = "valid_f1"

Curve = Sequence[tuple[int, float]]
"""(Epoch, F1 on validation in 0..1)."""


@dataclass(frozen=True, kw_only=True)
class ErrorAnalysis:
    """Of one data set; every mapping is by `Standing.name` with its teacher, what was not kept is absent."""

    dataset: str
    n_test: int | None = None
    mean_words: float | None = None
    """Of a test text."""
    best: str = ""
    """Whose `f1_by_class` and `confusion` these are, beside the teacher's."""
    f1_by_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    confusion: Confusion | None = None
    lengths: Mapping[str, Sequence[LengthBin]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)


def error_analysis(leaderboard: Leaderboard, store: Store, records: Sequence[Record]) -> ErrorAnalysis:
    """`board` is of one data set. Reads one run of each student's best setting: that of the lowest seed."""
    shown = [entry for entry in leaderboard.entries if entry.f1 is not None]
    first = {row.run_id: row for row in sorted(leaderboard.rows, key=lambda row: row.seed or 0, reverse=True)}
    runs = {label(s, leaderboard): _first_run(s, first) for s in shown}
    leaders = [s for s in _leaders(shown) if runs[label(s, leaderboard)]]
    answers = {label(s, leaderboard): _answers(store, runs[label(s, leaderboard)]) for s in leaders}
    answers = {name: found for name, found in answers.items() if found}
    students = [label(s, leaderboard) for s in leaders if not s.is_teacher and label(s, leaderboard) in answers]
    best = students[0] if students else ""
    compared = [label(s, leaderboard) for s in leaders if s.is_teacher or label(s, leaderboard) == best]
    classes = {name: _label_scores(store, runs[name]) for name in compared if name in answers}
    return ErrorAnalysis(
        dataset=leaderboard.datasets[0],
        n_test=max(map(len, answers.values()), default=None),
        mean_words=_mean_words(answers),
        best=best,
        f1_by_class={name: scores for name, scores in classes.items() if scores},
        confusion=confusion(answers[best]) if best else None,
        lengths={name: length_bins(found) for name, found in answers.items()},
        curves=_curves(store, runs, first, records),
    )


def _mean_words(answers: Mapping[str, Sequence[Prediction]]) -> float | None:
    """Every standing's answers are to the same texts."""
    texts = next(iter(answers.values()), [])
    return fmean(answered.length for answered in texts) if texts else None


def label(entry: LeaderboardEntry, leaderboard: Leaderboard) -> str:
    """A name that is one standing's alone."""
    return f"{entry.name} ({entry.teacher})" if len(leaderboard.teachers) > 1 else entry.name


def _leaders(shown: Sequence[LeaderboardEntry]) -> list[LeaderboardEntry]:
    """Each teacher, and each student's first standing, which is its best."""
    firsts: dict[tuple[str, str], LeaderboardEntry] = {}
    for entry in shown:
        firsts.setdefault((entry.teacher, entry.student), entry)
    return list(firsts.values())


def _first_run(entry: LeaderboardEntry, rows: Mapping[str, Row]) -> str:
    """Id of the run with the lowest seed."""
    return min(entry.runs, key=lambda run_id: rows[run_id].seed or 0, default="")


def _answers(store: Store, run_id: str) -> list[Prediction]:
    """Empty where the run kept none that can be read."""
    try:
        return read_predictions(store.text(run_id, PREDICTIONS))
    except (StoreError, OSError, ValueError, KeyError, RecursionError):
        return []


def _label_scores(store: Store, run_id: str) -> dict[str, float]:
    try:
        scores: dict[str, Any] = json.loads(store.text(run_id, LABEL_SCORES))
        return {str(name): float(score) for name, score in scores.items() if isfinite(score)}
    except (StoreError, OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        return {}


def _curves(
    store: Store, runs: Mapping[str, str], rows: Mapping[str, Row], records: Sequence[Record]
) -> dict[str, Curve]:
    """A grid's run has its curve in the trial whose rate was chosen."""
    trials = {(r.parent, r.metrics.get("learning_rate")): r.run_id for r in records if r.tags.get("role") == "trial"}
    curves = {}
    for name, run_id in runs.items():
        source = trials.get((run_id, rows[run_id].learning_rate), run_id) if run_id else ""
        curves[name] = store.history(source, CURVE) if source else []
    return {name: curve for name, curve in curves.items() if len(curve) > 1}
