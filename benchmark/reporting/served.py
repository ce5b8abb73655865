"""In which form a student's runs serve, 8-bit weights or not, which each run decides by what it loses of its F1."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from benchmark.reporting.columns import NONE
from tracking import Record

Figures = Mapping[str, float]
Line = tuple[str, Figures]
"""Whose figures, and these."""


def forms(group: Sequence[Record]) -> list[Line]:
    """Each student by the form that serves, the commoner first: its latest figures, and what INT8 costs all of them."""
    last = {record.parent or record.run_id: record.run_id for record in group}
    measured = set(last.values())
    runs = [record for record in group if record.run_id in measured]
    found: dict[tuple[str, float | None], list[Figures]] = defaultdict(list)
    for record in runs:
        found[record.tags["student"], record.metrics.get("onnx_int8_won")].append(record.metrics)
    n_runs = Counter(record.tags["student"] for record in runs)
    commoner = sorted(found.items(), key=lambda of_form: -len(of_form[1]))
    return [(student, dict(told[-1]) | _of_all(told, n_runs[student])) for (student, _), told in commoner]


def _of_all(told: Sequence[Figures], n_runs: int) -> dict[str, float]:
    """Of runs that are served in one form, among a student's `n_runs`."""
    lost = [one["onnx_int8_f1_lost"] for one in told if "onnx_int8_f1_lost" in one]
    counts: dict[str, float] = {"n_served": len(told), "n_runs": n_runs}
    return counts | ({"lost_least": min(lost), "lost_most": max(lost)} if lost else {})


def points_lost(_: str, told: Figures) -> str:
    """F1 x100: the least and the most."""
    if "lost_least" not in told:
        return NONE
    least, most = (f"{100 * told[name]:.2f}" for name in ("lost_least", "lost_most"))
    return least if least == most else f"{least} to {most}"


def form(_: str, told: Figures) -> str:
    """Which form serves, and how many of the student's runs, where not all of them."""
    if "onnx_int8_won" not in told:
        return NONE
    name, served, n_runs = "INT8" if told["onnx_int8_won"] else "fp32", told["n_served"], told["n_runs"]
    return name if served == n_runs else f"{name} ({served:.0f} of {n_runs:.0f} runs)"
