"""Which student is best for what one can afford."""

from dataclasses import dataclass

from benchmark.reporting.formatting import significant
from benchmark.reporting.leaderboard_entry import Board, Standing

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

    def holds(self, standing: Standing) -> bool:
        ms, mib, kept = latency(standing), size(standing), standing.f1_kept
        return (
            (self.max_ms is None or (ms is not None and ms <= self.max_ms))
            and (self.max_mib is None or (mib is not None and mib <= self.max_mib))
            and (self.min_kept is None or (kept is not None and kept >= self.min_kept))
        )


def latency(standing: Standing) -> float | None:
    """Milliseconds a sentence in the first runtime that was measured."""
    return next((standing.costs[name] for name in RUNTIMES if name in standing.costs), None)


def size(standing: Standing) -> float | None:
    """MiB of the first file that was weighed."""
    return next((standing.costs[name] for name in SIZES if name in standing.costs), None)


def best(board: Board, budget: Budget) -> Standing | None:
    """The ranked student with the best F1 that holds the budget."""
    return next((standing for standing in board.ranked if budget.holds(standing)), None)


def verdict(board: Board, budget: Budget) -> str:
    """The best student for the budget, in a sentence."""
    found = best(board, budget)
    if found is None:
        return "No student of this table fits the budget."
    n_fitting = sum(budget.holds(standing) for standing in board.ranked)
    return f"{n_fitting} of {len(board.ranked)} fit; the best is {told(found)}."


def told(standing: Standing) -> str:
    """Name and figures of a standing, those that are there."""
    parts = [f"{standing.name}: F1 {standing.f1:.1f}"]
    if standing.f1_kept is not None:
        parts.append(f"{standing.f1_kept:.1f} % kept")
    ms, mib = latency(standing), size(standing)
    parts += [] if ms is None else [f"{significant(ms)} ms"]
    parts += [] if mib is None else [f"{significant(mib)} MiB"]
    return ", ".join(parts)


def report_words(suite: str, preset: str = "") -> list[str]:
    chosen = ["--preset", preset] if preset else []
    return ["python", "-m", "benchmark.report", "--suite", suite, *chosen]
