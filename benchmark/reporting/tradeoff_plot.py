"""The trade-off between cost and F1 as a static picture, for a README or a paper."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmark.reporting.files import write_atomic
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.tradeoff import AXES, COLOURS, TEACHER_COLOUR, cost_axes, front, scored, settings, students

Marker = str | tuple[int, Literal[1], int]
MARKERS: tuple[Marker, ...] = (
    *("o", "s", "^", "D", "P", "X", "v", "<", ">", "p", "h", "d"),
    *((4, 1, 0), (6, 1, 0), (3, 1, 0), (8, 1, 0), (4, 1, 45), (3, 1, 180), (5, 1, 180), (7, 1, 0)),
)
FRONT_COLOUR = "#888888"
NAME_CHARACTERS = 40
DOTS_PER_INCH = 160
INCHES_A_CHARACTER, INCHES_A_MARK = 0.075, 0.45
"""Of a legend's columns."""

Place = Literal["outside upper center", "outside lower center"]


def write_tradeoff_plot(*paths: Path, leaderboard: Leaderboard) -> Path:
    """Draws F1 against each cost that was measured, log scale, with the front of students that none beats on both.

    The ending of each path says the format: png or svg. Returns the last.
    """
    figure = draw(leaderboard)
    for path in paths:
        write_atomic(path, lambda draft: figure.savefig(draft, dpi=DOTS_PER_INCH))
    return paths[-1]


def draw(leaderboard: Leaderboard) -> Figure:
    names = cost_axes(leaderboard)
    figure = Figure(figsize=(1.2 + 3.3 * len(names), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    styles = Styles(leaderboard)
    for axes, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        _panel(axes, leaderboard, name, styles)
    n = len(leaderboard.datasets)
    figure.axes[0].set_ylabel(f"macro-F1 x100, {f'mean of {n} data sets' if n > 1 else plain(leaderboard.datasets[0])}")
    _legend(figure, "outside upper center", styles.students())
    _legend(figure, "outside lower center", styles.settings())
    return figure


class Styles:
    """A colour for each student and a mark for each setting, the same in every panel."""

    def __init__(self, leaderboard: Leaderboard) -> None:
        self.colours: Mapping[str, str] = {n: COLOURS[i % len(COLOURS)] for i, n in enumerate(students(leaderboard))}
        self.markers: Mapping[str, Marker] = {n: MARKERS[i % len(MARKERS)] for i, n in enumerate(settings(leaderboard))}
        self.has_teacher = any(entry.is_teacher for entry in scored(leaderboard))

    def students(self) -> list[Line2D]:
        teacher = [_mark("teacher", "*", TEACHER_COLOUR, 13)] if self.has_teacher else []
        return [*teacher, *(_mark(plain(name), "o", colour) for name, colour in self.colours.items())]

    def settings(self) -> list[Line2D]:
        front_line = Line2D([], [], color=FRONT_COLOUR, linewidth=1.2, linestyle="--", label="best for its cost")
        return [*(_mark(plain(name), marker, "#666666") for name, marker in self.markers.items()), front_line]


def plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics, and not all of a very long one."""
    return (text if len(text) <= NAME_CHARACTERS else f"{text[:NAME_CHARACTERS]}...").replace("$", r"\$")


def _legend(figure: Figure, place: Place, handles: Sequence[Line2D]) -> None:
    """In as many columns as the figure is wide enough for."""
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


def _mark(label: str, marker: Marker, colour: str, size: int = 7) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, color=colour, markersize=size, label=label)


def _panel(axes: Axes, leaderboard: Leaderboard, name: str, styles: Styles) -> None:
    title, factor = AXES[name]
    points = [entry for entry in scored(leaderboard) if name in entry.costs]
    for entry in points:
        _point(axes, factor * entry.costs[name], entry, styles)
    _front(axes, [(factor * s.costs[name], s.f1 or 0.0, s.student) for s in front(points, name)], styles)
    axes.set_xscale("log")
    axes.margins(x=0.16, y=0.12)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xlabel(title)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _point(axes: Axes, x: float, entry: LeaderboardEntry, styles: Styles) -> None:
    y = entry.f1 or 0.0
    if entry.is_teacher:
        axes.axhline(y, color=TEACHER_COLOUR, linewidth=0.8, alpha=0.35)
        axes.plot(x, y, marker="*", markersize=15, color=TEACHER_COLOUR, zorder=3)
        return
    axes.errorbar(
        x,
        y,
        yerr=entry.margin,
        marker=styles.markers[entry.setting],
        markersize=7.5,
        capsize=2,
        elinewidth=0.8,
        color=styles.colours[entry.student],
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=3,
    )


def _front(axes: Axes, best: Sequence[tuple[float, float, str]], styles: Styles) -> None:
    """The line of what can be had at a cost, each student on it named once, at its best."""
    xs, ys = [x for x, _, _ in best], [y for _, y, _ in best]
    axes.plot(xs, ys, color=FRONT_COLOUR, linewidth=1.2, linestyle="--", drawstyle="steps-post", zorder=1)
    for student, (x, y) in {student: (x, y) for x, y, student in best}.items():
        colour = styles.colours.get(student, TEACHER_COLOUR)
        axes.annotate(
            plain(student), (x, y), xytext=(0, 10), textcoords="offset points", ha="center", fontsize=9.5, color=colour
        )
