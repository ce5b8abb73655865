"""The best student of a leaderboard: one rule for headlines, highlighted rows, budgets and served models."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import ge, le

from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.results import Row

POINTS = 1.0
"""Points of F1 x100 below the highest within which a faster student is preferred."""
SAME_LATENCY = 1.1
"""Ratio up to which two latencies count as equal."""
RULE = (
    f"The best student is the fastest of those at most {POINTS:g} point of F1 below the highest that no other beats"
    " beyond noise. Latencies within 10 % count as equal; then the higher F1 decides. With a budget, it is the best of"
    " the students within it."
)
RUNTIMES = {"latency_onnx_ms": "ONNX", "latency_torch_ms": "PyTorch"}
"""Latencies by preference."""
SIZES = ("size_onnx_mib", "size_weights_mib")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bounds on a student; None sets none. A value that was not measured is within no bound."""

    max_ms: float | None = None
    max_mib: float | None = None
    min_kept: float | None = None
    """Percent of the teacher's F1."""

    @property
    def is_set(self) -> bool:
        return any(bound is not None for bound in (self.max_ms, self.max_mib, self.min_kept))

    def fits(self, entry: LeaderboardEntry) -> bool:
        bounds = (
            (latency(entry), self.max_ms, le),
            (size(entry), self.max_mib, le),
            (entry.f1_kept, self.min_kept, ge),
        )
        return all(bound is None or (value is not None and holds(value, bound)) for value, bound, holds in bounds)


ANY = Budget()


def runtime(entry: LeaderboardEntry) -> str | None:
    """The latency by which the entry is compared."""
    return next((name for name in RUNTIMES if name in entry.costs), None)


def latency(entry: LeaderboardEntry) -> float | None:
    """Milliseconds per sentence."""
    name = runtime(entry)
    return None if name is None else entry.costs[name]


def size(entry: LeaderboardEntry) -> float | None:
    """MiB."""
    return next((entry.costs[name] for name in SIZES if name in entry.costs), None)


def ranked_students(leaderboard: Leaderboard) -> list[LeaderboardEntry]:
    """Ranked entries without baselines."""
    return [entry for entry in leaderboard.ranked if not entry.is_baseline]


def best(leaderboard: Leaderboard, budget: Budget = ANY) -> LeaderboardEntry | None:
    """The best student within the budget, by RULE; None if none fits. A baseline is never the best student."""
    fitting = [entry for entry in ranked_students(leaderboard) if budget.fits(entry)]
    near = [entry for entry in fitting if points_below(fitting[0], entry) <= POINTS and not beaten_by(entry, fitting)]
    timed = [(ms, entry) for entry in near if (ms := latency(entry)) is not None]
    bound = SAME_LATENCY * min((ms for ms, _ in timed), default=0.0)
    return next(iter([entry for ms, entry in timed if ms <= bound] or near), None)


def beaten_by(entry: LeaderboardEntry, others: Sequence[LeaderboardEntry]) -> list[LeaderboardEntry]:
    """The students at most POINTS above the entry that beat it beyond noise."""
    near = [other for other in others if 0 < points_below(other, entry) <= POINTS]
    return [one for one in near if one.estimate and entry.estimate and one.estimate.beats(entry.estimate)]


def points_below(higher: LeaderboardEntry, lower: LeaderboardEntry) -> float:
    return (higher.f1 or 0.0) - (lower.f1 or 0.0)


def best_runs(rows: Sequence[Row]) -> list[Row]:
    """The run to serve for each data set: the best seed on validation of the best student in the latest preset."""
    presets = {row.dataset: row.preset for row in rows if row.counts and not row.is_teacher}
    found = []
    for leaderboard in (one for made in leaderboards(rows) for one in dataset_leaderboards(made, rows)):
        entry = best(leaderboard)
        if entry and presets[leaderboard.datasets[0]] == leaderboard.preset:
            runs = [row for row in leaderboard.rows if row.run_id in entry.runs]
            found.append(max(runs, key=lambda row: row.valid_f1 or 0.0))
    return found
