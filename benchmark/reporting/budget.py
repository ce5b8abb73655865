"""Which student is best for what one can afford."""

from dataclasses import dataclass

from benchmark.reporting.formatting import significant
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry

RUNTIMES = {"latency_onnx_ms": "ONNX", "latency_torch_ms": "PyTorch"}
"""The first that was measured speaks."""
SIZES = ("size_onnx_mib", "size_weights_mib")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """None sets no bound. A student whose figure was not measured meets no bound on it."""

    max_ms: float | None = None
    max_mib: float | None = None
    min_kept: float | None = None
    """Percent of the teacher's F1."""

    @property
    def is_set(self) -> bool:
        return any(bound is not None for bound in (self.max_ms, self.max_mib, self.min_kept))

    def holds(self, entry: LeaderboardEntry) -> bool:
        ms, mib, kept = latency(entry), size(entry), entry.f1_kept
        return (
            (self.max_ms is None or (ms is not None and ms <= self.max_ms))
            and (self.max_mib is None or (mib is not None and mib <= self.max_mib))
            and (self.min_kept is None or (kept is not None and kept >= self.min_kept))
        )


def latency(entry: LeaderboardEntry) -> float | None:
    """Milliseconds a sentence in the first runtime that was measured."""
    return next((entry.costs[name] for name in RUNTIMES if name in entry.costs), None)


def size(entry: LeaderboardEntry) -> float | None:
    """MiB of the first file that was weighed."""
    return next((entry.costs[name] for name in SIZES if name in entry.costs), None)


def best(leaderboard: Leaderboard, budget: Budget) -> LeaderboardEntry | None:
    """The ranked student with the best F1 that holds the budget."""
    return next((entry for entry in leaderboard.ranked if budget.holds(entry)), None)


def verdict(leaderboard: Leaderboard, budget: Budget) -> str:
    """The best student for the budget, in a sentence."""
    found = best(leaderboard, budget)
    if found is None:
        return "No student of this table fits the budget."
    n_fitting = sum(budget.holds(entry) for entry in leaderboard.ranked)
    return f"{n_fitting} of {len(leaderboard.ranked)} fit; the best is {told(found)}."


def told(entry: LeaderboardEntry) -> str:
    """Name and figures of a standing, those that are there."""
    parts = [f"{entry.name}: F1 {entry.f1:.1f}"]
    if entry.f1_kept is not None:
        parts.append(f"{entry.f1_kept:.1f} % kept")
    ms, mib = latency(entry), size(entry)
    parts += [] if ms is None else [f"{significant(ms)} ms"]
    parts += [] if mib is None else [f"{significant(mib)} MiB"]
    return ", ".join(parts)


def report_words(suite: str, preset: str = "") -> list[str]:
    chosen = ["--preset", preset] if preset else []
    return ["python", "-m", "benchmark.report", "--suite", suite, *chosen]
