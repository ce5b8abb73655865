"""F1 by setting, a panel for each student: where many settings would overplot in the trade-off plot at one cost."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.reporting.colours import mark_style, student_colour
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.tradeoff_plot import (
    TEACHER_COLOUR,
    add_grid,
    cost_axes,
    empty_figure,
    error_bar,
    of_datasets,
    plain,
    scored,
    settings,
    students,
)

MOST_SETTINGS = 6
"""Settings up to which the trade-off plot tells them apart."""
UNITS = {
    "latency_onnx_ms": "ms",
    "latency_torch_ms": "ms",
    "latency_text_ms": "ms from text",
    "size_bundle_mib": "MiB",
    "size_onnx_mib": "MiB",
    "size_weights_mib": "MiB",
}


def has_facets(leaderboard: Leaderboard) -> bool:
    return len(settings(leaderboard)) > MOST_SETTINGS


def draw_facets(leaderboard: Leaderboard) -> Figure:
    """Settings from top to bottom in the order of their table; the line is the teacher's F1."""
    names, rows = students(leaderboard), settings(leaderboard)
    figure = empty_figure(2.6 + 2.5 * len(names), 1.3 + 0.26 * len(rows))
    panels = figure.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        own = [entry for entry in scored(leaderboard) if entry.student == name]
        _panel(axes, own, rows, mark_style(name))
        axes.set_title(_title(own[0], leaderboard), fontsize=10, color=student_colour(name))
        for teacher in (entry for entry in scored(leaderboard) if entry.is_teacher):
            axes.axvline(teacher.f1 or 0.0, color=TEACHER_COLOUR, linewidth=1)
    panels[0].set_yticks(range(len(rows)), [plain(name) for name in rows])
    panels[0].invert_yaxis()
    figure.supxlabel(f"macro-F1 x100, {of_datasets(leaderboard)}; the line is the teacher's", fontsize=10)
    return figure


def _panel(axes: Axes, entries: list[LeaderboardEntry], rows: list[str], mark: dict[str, Any]) -> None:
    style: dict[str, Any] = {"marker": "o", "markersize": 6, "capsize": 2, "elinewidth": 1} | mark
    for entry in entries:
        axes.errorbar(entry.f1 or 0.0, rows.index(entry.setting), xerr=error_bar(entry), **style)
    add_grid(axes)


def _title(entry: LeaderboardEntry, leaderboard: Leaderboard) -> str:
    """The student with its milliseconds and size, which its settings share, in lines no wider than a panel."""
    costs = [
        f"{entry.costs[name]:.3g} {UNITS[name]}"
        for name in cost_axes(leaderboard)
        if name in UNITS and name in entry.costs
    ]
    return "\n".join([plain(entry.student), *costs])
