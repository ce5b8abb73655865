"""Further sections of study.md: lengths of texts in tokens (Table 11) and learning curves (Figure 2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from benchmark.reporting import notes
from benchmark.reporting.colours import mark_style
from benchmark.reporting.paper import paper_lengths
from benchmark.reporting.related_runs import grid_trials
from benchmark.reporting.results import Row
from benchmark.reporting.studies.experiments import Experiment
from benchmark.reporting.table import Table, field_columns, markdown_table, write_csv
from benchmark.reporting.tradeoff_plot import MARKERS, Marker, add_grid, empty_figure, plain, write_figure
from tracking import Record, Store


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """One row of the table; the fields are the columns of lengths.csv. In tokens, without the special ones."""

    dataset: str
    data: str
    n_texts: int | None
    mean: float
    std: float
    min: float
    q1: float
    q3: float
    max: float


def length_statistics(dataset: str, lengths: Mapping[str, NDArray[np.int64]]) -> Iterator[Lengths]:
    """One row for each [n] of lengths; keys say of which texts."""
    for data, values in lengths.items():
        quartiles = {"min": 0, "q1": 0.25, "q3": 0.75, "max": 1}
        yield Lengths(
            dataset=dataset,
            data=data,
            n_texts=len(values),
            mean=float(values.mean()),
            std=float(values.std()),
            **{name: float(np.quantile(values, share)) for name, share in quartiles.items()},
        )


def write_lengths(folder: Path, rows: Iterable[Lengths], max_length: int) -> str:
    """Writes lengths.csv; returns the section of study.md, with the paper's rows.

    `max_length` is the number of tokens at which students cut texts.
    """
    ours = list(rows)
    write_csv(folder / "lengths.csv", Table(columns=field_columns(Lengths), rows=ours))
    note = (
        "Lengths of whole texts, without special tokens. Students and length filters read a text up to "
        f"{max_length} tokens, special ones included: min_max and q1_q3 do not tell longer texts apart."
    )
    table = markdown_table(Table(columns=COLUMNS, rows=[*ours, *_paper_rows()]))
    return f"## Lengths in tokens (Table 11)\n\n{table}\n\n{note}"


def _paper_rows() -> Iterator[Lengths]:
    """The paper does not give its numbers of texts."""
    for row in paper_lengths():
        numbers = {name: float(row[name]) for name in ("mean", "std", "min", "q1", "q3", "max")}
        yield Lengths(dataset="smltk (the paper)", data=row["data"], n_texts=None, **numbers)


TITLES = {"dataset": "data set", "data": "texts", "n_texts": "N", "q1": "Q1", "q3": "Q3"}
FORMATS = {"mean": "{:.2f}", "std": "{:.2f}", "min": "{:g}", "q1": "{:g}", "q3": "{:g}", "max": "{:g}"}
COLUMNS = tuple(
    replace(column, title=TITLES.get(column.name, ""), format=FORMATS.get(column.name, "{}").format)
    for column in field_columns(Lengths)
)


N_TICKS = 5
"""Most ticks of a panel's axis: more would touch."""
LineStyle = Literal["-", "--", "-.", ":"]
LINES: tuple[LineStyle, ...] = ("-", "--", "-.", ":") * 2
"""Line styles of conditions, beside their markers."""
Styles = Mapping[str, tuple[LineStyle, Marker]]
STEPS, EPOCHS = "optimiser steps", "epochs"
[NOTE] = notes("curves")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The learning curve of one run."""

    dataset: str
    student: str
    condition: str
    f1: Mapping[int, float]
    """Validation F1 x100 after each epoch."""
    steps_per_epoch: float | None
    """Mean over epochs; None if it cannot be derived."""
    max_steps: float
    """Limit of steps; 0 without one."""

    def x(self, epoch: int, unit: str) -> float:
        """Position of an epoch's end on the axis."""
        if unit == EPOCHS or self.steps_per_epoch is None:
            return epoch
        steps = epoch * self.steps_per_epoch
        return min(steps, self.max_steps) if self.max_steps else steps


def read_curves(experiment: Experiment, rows: Iterable[Row], records: Sequence[Record], store: Store) -> list[Curve]:
    """Curves of the rows whose runs have one; of a grid search, the curve of the chosen rate."""
    conditions = {setting: name for name, setting in experiment.conditions.items()}
    by_id = {record.run_id: record for record in records}
    trials = grid_trials(records)
    curves = []
    for row in rows:
        record, run_id = by_id[row.run_id], trials.get((row.run_id, row.learning_rate), row.run_id)
        f1 = {epoch: 100 * value for epoch, value in store.history(run_id, "valid_f1")}
        if f1:
            curves.append(
                Curve(
                    dataset=row.dataset,
                    student=row.student,
                    condition=conditions[row.setting],
                    f1=f1,
                    steps_per_epoch=_steps_per_epoch(record, store.history(run_id, "valid_loss")),
                    max_steps=_max_steps(record),
                )
            )
    return curves


def _steps_per_epoch(record: Record, losses: Sequence[tuple[int, float]]) -> float | None:
    """Steps by the texts read, if the limit cut off the last epoch; else by the steps to the best epoch."""
    n_epochs, to_best, limit = record.metrics.get("epochs"), record.metrics.get("steps_to_best"), _max_steps(record)
    n_read = _epochs_read(record.metrics)
    if limit and n_read and n_epochs and n_read < n_epochs - 1e-6:
        return limit / n_read
    if not losses or not to_best or (n_read is None and to_best == limit):
        return None
    best_epoch = min(losses, key=lambda point: point[1])[0]
    return to_best / best_epoch


def _epochs_read(metrics: Mapping[str, float]) -> float | None:
    """Epochs of training, the last in part if it was cut off."""
    if not {"sentences_per_second", "train_seconds", "n_texts", "epochs"} <= metrics.keys():
        return None
    return metrics["sentences_per_second"] * metrics["train_seconds"] / metrics["n_texts"]


def _max_steps(record: Record) -> float:
    return float(record.params.get("max_steps") or 0)


def write_curves(folder: Path, experiment: Experiment, curves: Sequence[Curve]) -> str:
    """Writes curves.png and curves.svg; returns the section of study.md, empty without curves."""
    if not curves:
        return ""
    write_figure(draw(experiment, curves), folder / "curves.svg", folder / "curves.png")
    unit = _unit(curves)
    return f"## Validation F1 by {unit} (Figure 2)\n\n![Validation F1 by {unit}](curves.png)\n\n{NOTE}"


def draw(experiment: Experiment, curves: Sequence[Curve]) -> Figure:
    """Data sets from top to bottom, students from left to right; a line style for each condition."""
    datasets, students = (list(dict.fromkeys(getattr(c, name) for c in curves)) for name in ("dataset", "student"))
    figure = empty_figure(0.6 + 3.2 * len(students), 1.0 + 2.5 * len(datasets))
    styles = dict(zip(experiment.conditions, zip(LINES, MARKERS, strict=False), strict=False))
    rows = figure.subplots(len(datasets), len(students), sharey="row", squeeze=False)
    for dataset, panels in zip(datasets, rows, strict=True):
        for student, axes in zip(students, panels, strict=True):
            axes.set_title(plain(f"{dataset}, {student}"), fontsize=10)
            own = [c for c in curves if (c.dataset, c.student) == (dataset, student)]
            _panel(axes, own, styles, mark_style(student), _unit(curves))
    figure.supxlabel(_unit(curves), fontsize=10)
    figure.supylabel("validation macro-F1 x100", fontsize=10)
    handles = list(_legend(styles))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, title="embeddings")
    return figure


def _unit(curves: Iterable[Curve]) -> str:
    return STEPS if all(curve.steps_per_epoch for curve in curves) else EPOCHS


def _panel(axes: Axes, curves: Sequence[Curve], styles: Styles, look: dict[str, Any], unit: str) -> None:
    for condition, (line, marker) in styles.items():
        seeds = [curve for curve in curves if curve.condition == condition]
        epochs = sorted(set.intersection(*(set(curve.f1) for curve in seeds))) if seeds else []
        xs = [fmean(curve.x(epoch, unit) for curve in seeds) for epoch in epochs]
        values = [[curve.f1[epoch] for curve in seeds] for epoch in epochs]
        if len(seeds) > 1:
            low, high = [*map(min, values)], [*map(max, values)]
            axes.fill_between(xs, low, high, color=look["color"], alpha=0.18, linewidth=0)
        if seeds:
            axes.plot(xs, [*map(fmean, values)], ls=line, marker=marker, markersize=4, linewidth=1.4, **look)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(N_TICKS, integer=True))
    add_grid(axes)


def _legend(styles: Styles) -> Iterator[Line2D]:
    for condition, (line, marker) in styles.items():
        yield Line2D([], [], color="#666666", linestyle=line, marker=marker, markersize=5, label=plain(condition))
