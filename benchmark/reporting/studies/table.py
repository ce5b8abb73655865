"""A study's table and its answer, from the rows of the results: study.csv and study.md."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean
from typing import cast

from benchmark.core.spec import Task
from benchmark.reporting.files import write_atomic, write_text
from benchmark.reporting.intervals import Interval, interval
from benchmark.reporting.paper import paper_discussion_f1, paper_f1
from benchmark.reporting.results import Row
from benchmark.reporting.studies.experiments import Effect, Experiment

Cell = tuple[str, str, int | None]
"""Data set, student, seed."""
TITLES = (
    "| data set | student | condition | F1 | 95 % interval | seeds | texts | std | steps to best | paper's F1 |\n"
    "|---|---|---|---:|---|---:|---:|---:|---:|---:|\n"
)
NOTE = (
    "Texts: that a student was taught with, labelled and unlabelled, repetitions counted. Std: standard deviation over "
    "labels of how many unlabelled texts the teacher gives each.\n"
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One condition on one data set and student; the fields are the columns of study.csv. F1 in 0..1."""

    study: str
    condition: str
    dataset: str
    student: str
    mean_f1: float
    f1_low: float | None
    f1_high: float | None
    """95 % interval over seeds; None for a single seed."""
    n_seeds: int
    n_texts: int | None
    """That a student was taught with, labelled and unlabelled; like the next, the mean over seeds."""
    label_count_std: float | None
    paper_f1: float | None
    steps_to_best: float | None
    """Mean over seeds."""
    paper_dataset: str
    """Whose F1 `paper_f1` is: this one's where Tables 5 and 6 are meant, else that of the one that the paper took."""


def lines(name: str, experiment: Experiment, rows: Iterable[Row]) -> list[Line]:
    """One a condition, data set and student that has finished runs."""
    finished = [row for row in rows if row.status == "finished" and row.test_f1 is not None and not row.is_teacher]
    cells = dict.fromkeys((row.dataset, row.student) for row in finished)
    made = (
        _line(
            name, condition, experiment, [r for r in finished if (r.dataset, r.student, r.setting) == (*cell, setting)]
        )
        for cell in cells
        for condition, setting in experiment.conditions.items()
    )
    return [line for line in made if line]


def _line(name: str, condition: str, experiment: Experiment, rows: Sequence[Row]) -> Line | None:
    f1 = interval([row.test_f1 for row in rows if row.test_f1 is not None])
    if f1 is None:
        return None
    n_texts, paper_f1 = _mean(rows, "n_texts"), _paper(experiment, rows[0])
    return Line(
        study=name,
        condition=condition,
        dataset=rows[0].dataset,
        student=rows[0].student,
        mean_f1=f1.mean,
        f1_low=f1.low,
        f1_high=f1.high,
        n_seeds=f1.n,
        n_texts=None if n_texts is None else round(n_texts),
        label_count_std=_mean(rows, "label_count_std"),
        paper_f1=paper_f1,
        steps_to_best=_mean(rows, "steps_to_best"),
        paper_dataset="" if paper_f1 is None else experiment.paper_dataset or rows[0].dataset,
    )


def _paper(experiment: Experiment, row: Row) -> float | None:
    """Of the same data set, or of the one on which the paper made the experiment."""
    if experiment.paper_dataset:
        points = paper_discussion_f1().get((row.student, row.setting, experiment.paper_dataset))
    else:
        points = paper_f1(cast(Task, row.task)).get((row.student, row.setting, row.dataset))
    return None if points is None else points / 100


def _mean(rows: Iterable[Row], column: str) -> float | None:
    values = [value for row in rows if (value := getattr(row, column)) is not None]
    return fmean(values) if values else None


def effect(experiment: Experiment, asked: Effect, rows: Iterable[Row]) -> Interval | None:
    """How much `plus` gains on `minus`, over runs that differ in nothing else."""
    by_setting: dict[str, dict[Cell, float]] = {}
    for row in rows:
        value = _measured(row, experiment)
        if row.status == "finished" and value is not None:
            by_setting.setdefault(row.setting, {})[row.dataset, row.student, row.seed] = value
    plus, minus = (
        [by_setting.get(experiment.conditions[name], {}) for name in side] for side in (asked.plus, asked.minus)
    )
    cells = [cell for cell in plus[0] if all(cell in side for side in (*plus, *minus))]
    return interval([fmean(side[cell] for side in plus) - fmean(side[cell] for side in minus) for cell in cells])


def _measured(row: Row, experiment: Experiment) -> float | None:
    """So that more is better: points of F1, or steps with a minus; of a training that was cut short, none."""
    if experiment.measure == "mean_f1":
        return None if row.test_f1 is None else 100 * row.test_f1
    return None if row.steps_to_best is None or not row.converged else -float(row.steps_to_best)


def write_study(folder: Path, name: str, experiment: Experiment, rows: Sequence[Row], more: str = "") -> Path:
    """Writes study.csv and study.md, which ends with `more`, into `folder`; returns the latter's path."""
    made = lines(name, experiment, rows)
    write_atomic(folder / "study.csv", lambda draft: _fill(draft, made))
    head = f"# Study `{name}`: {experiment.title}\n\n"
    table = TITLES + "".join(_markdown(line) for line in made)
    answers = "".join(f"- {sentence}\n" for sentence in answer(experiment, rows))
    return write_text(folder / "study.md", "\n".join(part for part in (f"{head}{table}", answers, NOTE, more) if part))


def answer(experiment: Experiment, rows: Sequence[Row]) -> list[str]:
    """Each claim with our figure, the paper's, and what follows."""
    return [_sentence(experiment, asked, effect(experiment, asked, rows)) for asked in experiment.effects]


def _sentence(experiment: Experiment, asked: Effect, found: Interval | None) -> str:
    if found is None:
        return f"{asked.claim}: not enough runs."
    unit = "points of F1" if experiment.measure == "mean_f1" else "steps saved"
    bounds = "" if found.low is None or found.high is None else f" [{found.low:+.2f}, {found.high:+.2f}]"
    paper = f"; the paper: {asked.paper:+.2f}" if asked.paper is not None else ""
    return f"{asked.claim}: {found.verdict('above')}. {found.mean:+.2f}{bounds} {unit} over {found.n} pairs{paper}."


def _markdown(line: Line) -> str:
    bounds = (
        "" if line.f1_low is None or line.f1_high is None else f"{100 * line.f1_low:.2f} to {100 * line.f1_high:.2f}"
    )
    steps = "" if line.steps_to_best is None else f"{line.steps_to_best:.0f}"
    paper = "" if line.paper_f1 is None else f"{100 * line.paper_f1:.2f}{_elsewhere(line)}"
    texts = "" if line.n_texts is None else str(line.n_texts)
    std = "" if line.label_count_std is None else f"{line.label_count_std:.2f}"
    cells = [line.dataset, line.student, line.condition, f"{100 * line.mean_f1:.2f}", bounds, str(line.n_seeds)]
    return f"| {' | '.join([*cells, texts, std, steps, paper])} |\n"


def _elsewhere(line: Line) -> str:
    return "" if line.paper_dataset == line.dataset else f" (on {line.paper_dataset})"


def _fill(path: Path, made: Sequence[Line]) -> None:
    """Empty where not measured, never 0."""
    columns = [field.name for field in fields(Line)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([getattr(line, column) for column in columns] for line in made)
