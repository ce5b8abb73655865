"""Trade-off plot: F1 against each cost on a log scale, with the Pareto front."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmark.core.cache import write_atomic
from benchmark.core.settings import SETTINGS
from benchmark.reporting.colours import mark_style
from benchmark.reporting.labels import Label
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry

AXES: Mapping[str, tuple[str, float]] = {
    "latency_onnx_ms": ("ms per sentence, ONNX, one thread", 1.0),
    "latency_torch_ms": ("ms per sentence, PyTorch, one thread", 1.0),
    "latency_text_ms": ("ms per text with tokenisation, one thread", 1.0),
    "n_parameters": ("million parameters", 1e-6),
    "size_bundle_mib": ("MiB, as deployed", 1.0),
    "size_onnx_mib": ("MiB, ONNX", 1.0),
    "size_weights_mib": ("MiB, weights", 1.0),
    "train_seconds": ("seconds of training", 1.0),
}
"""Title and scale factor of each cost's axis."""
PANELS = (
    ("latency_onnx_ms", "latency_torch_ms"),
    ("latency_text_ms",),
    ("n_parameters",),
    ("size_bundle_mib", "size_onnx_mib", "size_weights_mib"),
)
"""Costs of each panel; shown is the one that most entries have, of equals the first."""
TEACHER_COLOUR = "#222222"
Marker = str | tuple[int, Literal[1], int]
MARKERS: tuple[Marker, ...] = (
    *("o", "s", "^", "D", "P", "X", "v", "<", ">", "p", "h", "d"),
    *((4, 1, 0), (6, 1, 0), (3, 1, 0), (8, 1, 0), (4, 1, 45), (3, 1, 180), (5, 1, 180), (7, 1, 0)),
)
FRONT_COLOUR = "#888888"
NAME_CHARACTERS = 40
DOTS_PER_INCH = 160
INCHES_A_CHARACTER, INCHES_A_MARK = 0.075, 0.45
"""Widths in a legend's columns."""

Place = Literal["outside upper center", "outside lower center"]


def empty_figure(width: float, height: float) -> Figure:
    """A figure of a size in inches that needs no display."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def add_grid(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def write_figure(figure: Figure, *paths: Path) -> None:
    """Suffixes say the formats, png or svg."""
    for path in paths:
        write_atomic(path, lambda draft: figure.savefig(draft, dpi=DOTS_PER_INCH))


def draw(leaderboard: Leaderboard) -> Figure:
    names = cost_axes(leaderboard)
    figure = empty_figure(1.2 + 3.3 * len(names), 4.6)
    styles = Styles(leaderboard)
    for axes, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        _panel(axes, leaderboard, name, styles)
    figure.axes[0].set_ylabel(f"macro-F1 x100, {of_datasets(leaderboard)}")
    _legend(figure, "outside upper center", styles.students())
    _legend(figure, "outside lower center", styles.settings())
    return figure


def of_datasets(leaderboard: Leaderboard) -> str:
    n = len(leaderboard.datasets)
    return f"mean of {n} data sets" if n > 1 else plain(leaderboard.datasets[0])


class Styles:
    """A marker for each setting, the same in every panel."""

    def __init__(self, leaderboard: Leaderboard) -> None:
        self.names = students(leaderboard)
        self.markers: Mapping[str, Marker] = {n: MARKERS[i % len(MARKERS)] for i, n in enumerate(settings(leaderboard))}
        self.has_teacher = any(entry.is_teacher for entry in scored(leaderboard))

    def students(self) -> list[Line2D]:
        teacher = [_mark("teacher", "*", {"color": TEACHER_COLOUR}, 13)] if self.has_teacher else []
        return [*teacher, *(_mark(plain(name), "o", mark_style(name)) for name in self.names)]

    def settings(self) -> list[Line2D]:
        front_line = Line2D([], [], color=FRONT_COLOUR, linewidth=1.2, linestyle="--", label="Pareto front")
        grey = {"color": "#666666"}
        return [*(_mark(plain(name), marker, grey) for name, marker in self.markers.items()), front_line]


def plain(text: str) -> str:
    """Text without mathematics for matplotlib, cut if it is long."""
    return (text if len(text) <= NAME_CHARACTERS else f"{text[:NAME_CHARACTERS]}...").replace("$", r"\$")


def _legend(figure: Figure, place: Place, handles: Sequence[Line2D]) -> None:
    """Adds a legend of as many columns as fit the figure."""
    longest = max((len(str(handle.get_label())) for handle in handles), default=0)
    columns = int(figure.get_figwidth() / (INCHES_A_MARK + INCHES_A_CHARACTER * longest))
    figure.legend(
        handles=handles,
        loc=place,
        ncols=max(1, min(len(handles), columns)),
        frameon=False,
        fontsize=9.5,
        handletextpad=0.3,
        columnspacing=1.3,
        borderaxespad=0.1,
    )


def _mark(label: str, marker: Marker, style: Mapping[str, Any], size: int = 7) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, markersize=size, label=label, **style)


def _panel(axes: Axes, leaderboard: Leaderboard, name: str, styles: Styles) -> None:
    title, factor = AXES[name]
    points = [entry for entry in scored(leaderboard) if name in entry.costs]
    for entry in points:
        _point(axes, factor * entry.costs[name], entry, styles)
    _front(axes, [(factor * s.costs[name], s.f1 or 0.0, s.student) for s in front(points, name)])
    axes.set_xscale("log")
    axes.margins(x=0.16, y=0.12)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xlabel(title)
    add_grid(axes)


def _point(axes: Axes, x: float, entry: LeaderboardEntry, styles: Styles) -> None:
    y = entry.f1 or 0.0
    if entry.is_teacher:
        axes.axhline(y, color=TEACHER_COLOUR, linewidth=0.8, alpha=0.6)
        axes.plot(x, y, marker="*", markersize=15, color=TEACHER_COLOUR, zorder=3)
        return
    axes.errorbar(
        x,
        y,
        yerr=error_bar(entry),
        marker=styles.markers[entry.setting],
        markersize=7.5,
        capsize=2,
        elinewidth=0.8,
        zorder=3,
        **mark_style(entry.student),
    )


def error_bar(entry: LeaderboardEntry) -> Sequence[Sequence[float]] | None:
    """Distances of the interval's bounds."""
    if entry.bounds is None or entry.f1 is None:
        return None
    low, high = entry.bounds
    return [[max(0.0, entry.f1 - low)], [max(0.0, high - entry.f1)]]


def _front(axes: Axes, best: Sequence[tuple[float, float, str]]) -> None:
    """A step line, with each student on it named once, at its best."""
    xs, ys = [x for x, _, _ in best], [y for _, y, _ in best]
    axes.plot(xs, ys, color=FRONT_COLOUR, linewidth=1.2, linestyle="--", drawstyle="steps-post", zorder=1)
    for student, point in {student: (x, y) for x, y, student in best}.items():
        Label(axes, plain(student), point)


def scored(leaderboard: Leaderboard) -> list[LeaderboardEntry]:
    """Entries with a mean F1."""
    return [entry for entry in leaderboard.entries if entry.f1 is not None]


def students(leaderboard: Leaderboard) -> list[str]:
    """Students with a mean F1, the smallest first."""
    ordered = sorted(scored(leaderboard), key=lambda entry: entry.costs.get("n_parameters", 0.0))
    return list(dict.fromkeys(entry.student for entry in ordered if not entry.is_teacher))


def settings(leaderboard: Leaderboard) -> list[str]:
    """Settings of students with a mean F1, in the order of SETTINGS."""
    seen = {entry.setting for entry in scored(leaderboard) if not entry.is_teacher}
    return [name for name in SETTINGS if name in seen] + sorted(seen - set(SETTINGS))


def cost_axes(leaderboard: Leaderboard) -> list[str]:
    """Costs with a panel; empty if none was measured."""
    measured = Counter(name for entry in scored(leaderboard) for name, cost in entry.costs.items() if cost > 0)
    chosen = (max(panel, key=lambda name: measured[name]) for panel in PANELS)
    return [name for name in chosen if measured[name]]


def front(entries: Iterable[LeaderboardEntry], cost: str) -> list[LeaderboardEntry]:
    """The Pareto front: entries of which no cheaper one has an F1 as high, the cheapest first."""
    best: list[LeaderboardEntry] = []
    for entry in sorted(entries, key=lambda s: (s.costs[cost], -(s.f1 or 0.0))):
        if not best or (entry.f1 or 0.0) > (best[-1].f1 or 0.0):
            best.append(entry)
    return best
