"""Leaderboard, its entries, and its missing results; means over seeds and data sets with their intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from benchmark.core.metrics import METRICS
from benchmark.core.spec import TEACHER
from benchmark.reporting.bootstrap import CONFIDENCE, N_RESAMPLES, Draws, Estimate
from benchmark.reporting.results import MILLISECONDS, Row
from students.registry import BASELINES

COSTS = tuple(metric.name for metric in METRICS if metric.is_cost)
TEACHER_TORCH = "teacher_torch"
"""Key of the speed-up over serving the teacher in PyTorch, by the student in ONNX."""
TEXT = "text"
"""Key of the speed-up over the teacher in PyTorch without tokenisation, by the student from a string to its label."""
OUT_OF_MEMORY = ("outofmemory", "out of memory", "memoryerror", "cannot allocate memory")
"""Words of a reason that tell a lack of memory."""

MissingKind = Literal["not_run", "skipped", "failed", "out_of_memory", "smoke", "older"]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its two-sided 95 % interval (Student's t); without bounds for a single value."""

    mean: float
    low: float | None
    high: float | None
    n: int


def interval(values: Sequence[float]) -> Interval | None:
    """Interval of the mean of independent repetitions; None without values."""
    if not values:
        return None
    mean, margin = fmean(values), half_width(values)
    low, high = (None, None) if margin is None else (mean - margin, mean + margin)
    return Interval(mean=mean, low=low, high=high, n=len(values))


def half_width(values: Sequence[float]) -> float | None:
    """Half the width of the interval of the mean; None for fewer than two values."""
    n = len(values)
    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / sqrt(n) if n > 1 else None


@dataclass(frozen=True, kw_only=True)
class MissingResult:
    """Why a data set has no F1. `run_id` is empty if there was no run."""

    kind: MissingKind
    reason: str = ""
    run_id: str = ""

    def __str__(self) -> str:
        word = self.kind.replace("_", " ")
        return f"{word}: {self.reason}" if self.reason else word


@dataclass(frozen=True, kw_only=True)
class LeaderboardEntry:
    """One teacher, student and setting over the data sets of a leaderboard. F1 is times 100.

    Means over data sets are None if one of the data sets has no result.
    """

    preset: str
    teacher: str
    student: str
    setting: str
    rank: int | None = None
    """1 is best; entries share a rank if they are within noise of its best. None for teachers and without `f1`."""
    f1: float | None
    """Mean over the data sets of the mean over seeds."""
    margin: float | None
    """Half the width of the 95 % interval of `f1` over seeds; None for a single seed."""
    interval: tuple[float, float] | None = None
    """Bounds of the 95 % interval of `f1`, over test items and, where there are several, over seeds; None if the
    predictions of one of its runs cannot be read."""
    estimate: Estimate | None = field(default=None, compare=False, repr=False)
    """`f1` with its errors, those of items left out where predictions cannot be read; None without `f1`."""
    f1_kept: float | None = None
    """`f1` in percent of its teacher's."""
    f1_by_dataset: Mapping[str, float]
    """Means over seeds of the data sets that have a result."""
    missing: Mapping[str, MissingResult] = field(default_factory=dict)
    """Data sets without a result."""
    seeds: tuple[int, int]
    """Fewest and most seeds over the data sets that have a result."""
    costs: Mapping[str, float]
    """Mean over the data sets of each of COSTS that was measured on all of them."""
    cost_ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Least and most over seeds of each cost, as means over the data sets."""
    speed_up: Mapping[str, float] = field(default_factory=dict)
    """Teacher's ms / ours in the same runtime, by the latency's column, and TEACHER_TORCH and TEXT."""
    is_cut_short: bool = False
    """Whether a student's training ended at its bound of epochs or steps, before its patience was spent."""
    invalid: str = ""
    """Reason why latencies are left out: a control that failed, or another machine than the leaderboard's."""
    runs: tuple[str, ...] = ()
    """Ids of the runs behind the values."""

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def is_baseline(self) -> bool:
        return self.student in BASELINES

    @property
    def bounds(self) -> tuple[float, float] | None:
        """`interval`; that over seeds alone where it is not known."""
        if self.interval or self.f1 is None or self.margin is None:
            return self.interval
        return self.f1 - self.margin, self.f1 + self.margin

    @property
    def key(self) -> tuple[str, str, str]:
        return self.teacher, self.student, self.setting

    @property
    def name(self) -> str:
        return self.student if self.is_teacher else f"{self.student} {self.setting}"


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """The entries of one suite and preset: teachers first, then by rank, then those without a mean."""

    suite: str
    preset: str
    task: str
    datasets: tuple[str, ...]
    entries: tuple[LeaderboardEntry, ...]
    rows: tuple[Row, ...] = ()
    """The rows behind the entries."""
    n_test: Mapping[str, int] = field(default_factory=dict)
    """Number of test texts by data set, as far as counted."""

    @property
    def teachers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.teacher for entry in self.entries))

    @property
    def ranked(self) -> tuple[LeaderboardEntry, ...]:
        return tuple(entry for entry in self.entries if entry.rank is not None)


def missing_results(rows: Iterable[Row], datasets: Sequence[str]) -> Mapping[str, MissingResult]:
    """Missing results by data set, from rows that do not count: the latest failed, else smoke, else older run."""
    found: dict[str, MissingResult] = {}
    for row in sorted(rows, key=lambda row: 0 if row.counts else 1 if row.smoke else 2):
        found[row.dataset] = MissingResult(kind=missing_kind(row), reason=row.reason, run_id=row.run_id)
    return {name: found.get(name, MissingResult(kind="not_run")) for name in datasets}


def missing_kind(row: Row) -> MissingKind:
    """Kind of a row that is not ranked; one that counts is of an older protocol or of other data."""
    if row.counts:
        return "older"
    if row.smoke:
        return "smoke"
    if row.status == "skipped":
        return "skipped"
    return "out_of_memory" if any(word in row.reason.lower() for word in OUT_OF_MEMORY) else "failed"


def aggregate(
    preset: str, key: tuple[str, str, str], cell: Mapping[str, Sequence[Row]], datasets: Sequence[str]
) -> LeaderboardEntry:
    """The entry of a teacher, student and setting, without rank and comparison; `cell` has one row per seed."""
    found = [cell[name] for name in datasets if name in cell]
    complete = len(found) == len(datasets) > 0
    f1 = {name: fmean(_scores(cell[name]).values()) for name in datasets if name in cell}
    means = _means_by_seed([_scores(rows) for rows in found]) if complete else []
    costs = _costs(found) if complete else {}
    rows = [row for rows in found for row in rows]
    estimate = _estimate(found, "/".join(key)) if complete else None
    is_read = all(row.resamples is not None for row in rows)
    return LeaderboardEntry(
        preset=preset,
        teacher=key[0],
        student=key[1],
        setting=key[2],
        f1=estimate.mean if estimate else None,
        margin=half_width(means),
        interval=estimate.interval if estimate and is_read else None,
        estimate=estimate,
        f1_by_dataset=f1,
        seeds=(min(map(len, found), default=0), max(map(len, found), default=0)),
        costs={name: fmean(map(fmean, values)) for name, values in costs.items()},
        cost_ranges=_ranges(costs),
        invalid="" if costs.keys() & set(MILLISECONDS) else next((row.invalid for row in rows if row.invalid), ""),
        is_cut_short=complete and key[1] not in (TEACHER, *BASELINES) and not all(row.converged for row in rows),
        runs=tuple(row.run_id for row in rows),
    )


def _estimate(datasets: Sequence[Sequence[Row]], model: str) -> Estimate:
    by_dataset = [{row.seed: _resamples(row) for row in rows} for rows in datasets]
    seeds = _shared_seeds(by_dataset)
    scores = [_scores(rows) for rows in datasets]
    return Estimate.of(
        mean=fmean(fmean(one.values()) for one in scores),
        draws=np.mean([np.mean(list(one.values()), axis=0) for one in by_dataset], axis=0),
        by_seed=_means_by_seed(scores),
        draws_by_seed=np.array([np.mean([one[seed] for one in by_dataset], axis=0) for seed in seeds]),
        model=model,
    )


def _resamples(row: Row) -> Draws:
    """Test F1 x100 by resample, the same in all of them without predictions."""
    return 100 * (np.full(N_RESAMPLES, row.test_f1) if row.resamples is None else np.asarray(row.resamples))


def _scores(rows: Iterable[Row]) -> dict[int | None, float]:
    return {row.seed: row.points for row in rows if row.points is not None}


def _means_by_seed(datasets: Sequence[Mapping[int | None, float]]) -> list[float]:
    """The mean over data sets of each seed that all of them have."""
    return [fmean(scores[seed] for scores in datasets) for seed in _shared_seeds(datasets)]


def _shared_seeds(datasets: Sequence[Mapping[int | None, object]]) -> list[int | None]:
    return list(set.intersection(*(set(by_seed) for by_seed in datasets)))


def _costs(datasets: Sequence[Sequence[Row]]) -> dict[str, list[list[float]]]:
    """Values by cost, data set and seed, of the costs measured on all data sets; a bundle's size is of timed rows."""
    timed = [[row for row in rows if row.is_timed] or rows for rows in datasets]  # timing decides whether INT8 serves
    measured = {
        name: [[value for row in rows if (value := row.metric(name)) is not None] for rows in chosen]
        for name, chosen in {**dict.fromkeys(COSTS, datasets), "size_bundle_mib": timed}.items()
    }
    return {name: values for name, values in measured.items() if all(values)}


def _ranges(costs: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, tuple[float, float]]:
    ranges = {name: (fmean(map(min, values)), fmean(map(max, values))) for name, values in costs.items()}
    return {name: (low, high) for name, (low, high) in ranges.items() if low < high}
