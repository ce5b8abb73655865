"""What the trade-off plots show: which standings, against which costs, and which of them are best for their cost."""

from collections.abc import Iterable, Mapping

from benchmark.core.settings import SETTINGS
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry

AXES: Mapping[str, tuple[str, float]] = {
    "latency_onnx_ms": ("ms a sentence, ONNX, one thread", 1.0),
    "latency_torch_ms": ("ms a sentence, PyTorch, one thread", 1.0),
    "latency_text_ms": ("ms a text, tokenisation included, one thread", 1.0),
    "n_parameters": ("million parameters", 1e-6),
    "size_onnx_mib": ("MiB, ONNX", 1.0),
    "size_weights_mib": ("MiB, weights", 1.0),
    "train_seconds": ("seconds of training", 1.0),
}
"""Title of each cost's axis, and what the cost is multiplied by to be shown."""
PANELS = (("latency_onnx_ms", "latency_torch_ms"), ("n_parameters",), ("size_onnx_mib", "size_weights_mib"))
"""Of each panel the first cost that any student has."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F3C8D", "#666666")
"""One a student; told apart by colour-blind readers too (Okabe and Ito)."""
TEACHER_COLOUR = "#222222"


def scored(leaderboard: Leaderboard) -> list[LeaderboardEntry]:
    """The standings with a mean: all others have no place on an axis."""
    return [entry for entry in leaderboard.entries if entry.f1 is not None]


def students(leaderboard: Leaderboard) -> list[str]:
    """Students that have a place, the smallest first."""
    ordered = sorted(scored(leaderboard), key=lambda entry: entry.costs.get("n_parameters", 0.0))
    return list(dict.fromkeys(entry.student for entry in ordered if not entry.is_teacher))


def settings(leaderboard: Leaderboard) -> list[str]:
    """Settings of those students, in the order of the paper's ladder."""
    seen = {entry.setting for entry in scored(leaderboard) if not entry.is_teacher}
    return [name for name in SETTINGS if name in seen] + sorted(seen - set(SETTINGS))


def cost_axes(leaderboard: Leaderboard) -> list[str]:
    """The costs that have a panel; empty where nothing can be drawn."""
    measured = {name for entry in scored(leaderboard) for name, cost in entry.costs.items() if cost > 0}
    chosen = (next((name for name in panel if name in measured), None) for panel in PANELS)
    return [name for name in chosen if name]


def front(entries: Iterable[LeaderboardEntry], cost: str) -> list[LeaderboardEntry]:
    """Those that none beats on F1 without costing more (the Pareto front), cheapest first."""
    best: list[LeaderboardEntry] = []
    for entry in sorted(entries, key=lambda s: (s.costs[cost], -(s.f1 or 0.0))):
        if not best or (entry.f1 or 0.0) > (best[-1].f1 or 0.0):
            best.append(entry)
    return best
