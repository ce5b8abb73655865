"""F1 on validation as training goes on, one panel a data set and student: the paper's Figure 2."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from benchmark.reporting.files import write_atomic
from benchmark.reporting.results import Row
from benchmark.reporting.studies.experiments import Experiment
from benchmark.reporting.tradeoff import COLOURS
from benchmark.reporting.tradeoff_plot import DOTS_PER_INCH, MARKERS, Marker, plain
from tracking import Record, Store

NAME = "curves"
N_TICKS = 5
"""Along a panel at most: more would touch."""
STEPS, EPOCHS = "optimiser steps", "epochs"
NOTE = (
    "A point an epoch. Line: mean over seeds, as far as every seed was trained; band: from the least to the most. "
    "The epochs of a run are taken to be of as many steps each."
)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Of one run."""

    dataset: str
    student: str
    condition: str
    f1: Mapping[int, float]
    """F1 x100 on validation after each epoch."""
    steps_per_epoch: float | None
    """The mean over its epochs; None where the run does not tell."""
    max_steps: float
    """Where training was to end at the latest; 0 for no such bound."""

    def place(self, epoch: int, unit: str) -> float:
        """Where an epoch's end lies on the axis."""
        if unit == EPOCHS or self.steps_per_epoch is None:
            return epoch
        steps = epoch * self.steps_per_epoch
        return min(steps, self.max_steps) if self.max_steps else steps


def read_curves(experiment: Experiment, rows: Iterable[Row], records: Sequence[Record], store: Store) -> list[Curve]:
    """One a finished run that kept its curve. Where a grid was searched, the curve is that of the chosen rate."""
    conditions = {setting: name for name, setting in experiment.conditions.items()}
    known = {record.run_id: record for record in records}
    trials = {(r.parent, r.metrics.get("learning_rate")): r.run_id for r in records if r.tags.get("role") == "trial"}
    shown = [row for row in rows if row.status == "finished" and row.setting in conditions and not row.is_teacher]
    ids = {row.run_id: trials.get((row.run_id, row.learning_rate), row.run_id) for row in shown}
    made = (_curve(row, conditions[row.setting], known[row.run_id], ids[row.run_id], store) for row in shown)
    return [curve for curve in made if curve.f1]


def _curve(row: Row, condition: str, record: Record, curve_id: str, store: Store) -> Curve:
    return Curve(
        dataset=row.dataset,
        student=row.student,
        condition=condition,
        f1={epoch: 100 * f1 for epoch, f1 in store.history(curve_id, "valid_f1")},
        steps_per_epoch=_steps_per_epoch(record, store.history(curve_id, "valid_loss")),
        max_steps=_max_steps(record),
    )


def _steps_per_epoch(record: Record, losses: Sequence[tuple[int, float]]) -> float | None:
    """A run that its bound cut off within an epoch tells by how much it had read, any other by its best epoch."""
    told, passes = record.metrics, _passes(record.metrics)
    to_best, bound = told.get("steps_to_best"), _max_steps(record)
    if bound and passes and passes < told["epochs"] - 1e-6:
        return bound / passes
    if not losses or not to_best or (passes is None and to_best == bound):
        return None
    return to_best / min(losses, key=lambda point: point[1])[0]


def _passes(told: Mapping[str, float]) -> float | None:
    """How often a run read its texts, the epoch that was cut off counted in part."""
    if not {"sentences_per_second", "train_seconds", "n_texts", "epochs"} <= told.keys():
        return None
    return told["sentences_per_second"] * told["train_seconds"] / told["n_texts"]


def _max_steps(record: Record) -> float:
    return float(record.params.get("max_steps") or 0)


def write_curves(folder: Path, experiment: Experiment, curves: Sequence[Curve]) -> str:
    """Writes curves.png and curves.svg; returns what shows them, empty where there is nothing to draw."""
    if not curves:
        return ""
    figure = draw(experiment, curves)
    for ending in ("svg", "png"):
        write_atomic(folder / f"{NAME}.{ending}", lambda draft: figure.savefig(draft, dpi=DOTS_PER_INCH))
    unit = _unit(curves)
    return f"## F1 on validation by {unit} (Figure 2)\n\n![F1 on validation by {unit}]({NAME}.png)\n\n{NOTE}\n"


def draw(experiment: Experiment, curves: Sequence[Curve]) -> Figure:
    """Data sets from top to bottom, students from left to right."""
    datasets, students = (list(dict.fromkeys(getattr(c, name) for c in curves)) for name in ("dataset", "student"))
    figure = Figure(figsize=(0.6 + 3.2 * len(students), 1.0 + 2.5 * len(datasets)), layout="constrained")
    FigureCanvasAgg(figure)
    styles = dict(zip(experiment.conditions, zip(COLOURS, MARKERS, strict=False), strict=False))
    rows = figure.subplots(len(datasets), len(students), sharey="row", squeeze=False)
    for dataset, panels in zip(datasets, rows, strict=True):
        for student, axes in zip(students, panels, strict=True):
            axes.set_title(plain(f"{dataset}, {student}"), fontsize=10)
            _panel(axes, [c for c in curves if (c.dataset, c.student) == (dataset, student)], styles, _unit(curves))
    figure.supxlabel(_unit(curves), fontsize=10)
    figure.supylabel("validation macro-F1 x100", fontsize=10)
    keys = list(_keys(styles))
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys), frameon=False, title="embeddings")
    return figure


def _unit(curves: Iterable[Curve]) -> str:
    return STEPS if all(curve.steps_per_epoch for curve in curves) else EPOCHS


def _panel(axes: Axes, curves: Sequence[Curve], styles: Mapping[str, tuple[str, Marker]], unit: str) -> None:
    for condition, (colour, marker) in styles.items():
        seeds = [curve for curve in curves if curve.condition == condition]
        if seeds:
            _line(axes, seeds, colour, marker, unit)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(N_TICKS, integer=True))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _line(axes: Axes, seeds: Sequence[Curve], colour: str, marker: Marker, unit: str) -> None:
    epochs = sorted(set.intersection(*(set(curve.f1) for curve in seeds)))
    xs = [fmean(curve.place(epoch, unit) for curve in seeds) for epoch in epochs]
    values = [[curve.f1[epoch] for curve in seeds] for epoch in epochs]
    if len(seeds) > 1:
        axes.fill_between(xs, [*map(min, values)], [*map(max, values)], color=colour, alpha=0.18, linewidth=0)
    axes.plot(xs, [*map(fmean, values)], color=colour, marker=marker, markersize=4, linewidth=1.4)


def _keys(styles: Mapping[str, tuple[str, Marker]]) -> Iterator[Line2D]:
    for condition, (colour, marker) in styles.items():
        yield Line2D([], [], color=colour, marker=marker, markersize=5, label=plain(condition))
