"""Comparison with the paper: its Tables 4 to 8 with our values beside its own, and its students on our axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from benchmark.core.spec import TASKS, TEACHER, Task
from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import SPLITS
from benchmark.reporting import notes
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.paper import (
    AVERAGE,
    F1_TABLES,
    paper_counts,
    paper_datasets,
    paper_f1,
    paper_onnx,
    paper_order,
    paper_sizes,
)
from benchmark.reporting.paper import Row as PaperRow
from benchmark.reporting.table import NONE, Table, points, significant, text_columns, whole

MILLION = 1e6
Keys = tuple[str, ...]
Measure = tuple[str, str, float, str]
"""Title, our column, the factor that converts it to the paper's unit, the paper's column."""

SIZES: Sequence[Measure] = (
    ("M parameters", "n_parameters", 1 / MILLION, "parameters_million"),
    ("ms CPU", "latency_torch_ms", 1.0, "cpu_ms"),
    ("ms GPU", "latency_torch_cuda_ms", 1.0, "gpu_ms"),
)
ONNX: Sequence[Measure] = (
    ("MiB checkpoint", "size_checkpoint_mib", 1.0, "original_size_mb"),
    ("ms PyTorch", "latency_torch_ms", 1.0, "original_cpu_ms"),
    ("MiB ONNX", "size_onnx_mib", 1.0, "onnx_size_mb"),
    ("ms ONNX", "latency_onnx_ms", 1.0, "onnx_cpu_ms"),
)
[MEASURED] = notes("paper")


class Pair(NamedTuple):
    """Our value and the paper's; None for a value that does not exist."""

    ours: float | None
    paper: float | None

    @property
    def difference(self) -> float | None:
        return None if self.ours is None or self.paper is None else self.ours - self.paper


class Line(NamedTuple):
    """A row of a comparison."""

    keys: Keys
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, kw_only=True)
class PaperComparison:
    """One of the paper's tables, each cell a pair."""

    title: str
    note: str
    keys: Keys
    """Titles of the lines' keys."""
    columns: Keys
    """Titles of the lines' pairs."""
    lines: tuple[Line, ...]
    format: Callable[[float], str] = significant

    def texts(self, pair: Pair) -> tuple[str, str, str]:
        """Ours, the paper's, and the difference with its sign."""
        ours, paper = (NONE if value is None else self.format(value) for value in pair)
        gap = pair.difference
        return ours, paper, NONE if gap is None else f"{'-' if gap < 0 else '+'}{self.format(abs(gap))}"

    def table(self, join: Callable[[tuple[str, str, str]], str]) -> Table[Sequence[str]]:
        """`join` makes one text of the three of a pair."""
        rows = [[*line.keys, *(join(self.texts(pair)) for pair in line.pairs)] for line in self.lines]
        columns = text_columns([*self.keys, *self.columns], numbers=self.columns)
        return Table(columns=columns, rows=rows, title=self.title)


def paper_comparisons(leaderboard: Leaderboard) -> list[PaperComparison]:
    """Tables 5 or 6, 7, 8 and 4, as far as they are of the task; none for a leaderboard without a paper's data set."""
    if leaderboard.task not in TASKS or not set(leaderboard.datasets) & set(paper_datasets(leaderboard.task)):
        return []
    made = [_f1(leaderboard, leaderboard.task, teacher) for teacher in leaderboard.teachers]
    note = "Parameters and latency of one sentence before export"
    made.append(_costs(7, note, paper_sizes(leaderboard.task), SIZES, leaderboard))
    if onnx := paper_onnx(leaderboard.task):
        note = "Before and after export to ONNX; the checkpoint is weights with two optimiser moments"
        made.append(_costs(8, note, onnx, ONNX, leaderboard))
    return [*made, _counts(leaderboard)]


def _f1(leaderboard: Leaderboard, task: Task, teacher: str) -> PaperComparison:
    """Table 5 or 6 for one of our teachers: the paper's rows in its order, then the settings that it lacks."""
    ours = {(e.student, e.setting): e for e in leaderboard.entries if e.teacher == teacher}
    keys = dict.fromkeys((*paper_order(task), *ours))
    return PaperComparison(
        title=f"Table {F1_TABLES[task][0]}" + (f", teacher {teacher}" if teacher else ""),
        note="F1 x100. Averages are over all six data sets.",
        keys=("student", "setting"),
        columns=(*paper_datasets(task), AVERAGE),
        lines=tuple(Line(key, _f1_pairs(task, key, ours.get(key))) for key in keys),
        format=points,
    )


def _f1_pairs(task: Task, key: tuple[str, str], entry: LeaderboardEntry | None) -> tuple[Pair, ...]:
    ours = dict(entry.f1_by_dataset) if entry else {}
    datasets = paper_datasets(task)
    if all(name in ours for name in datasets):
        ours[AVERAGE] = fmean(ours[name] for name in datasets)
    return tuple(Pair(ours.get(name), paper_f1(task).get((*key, name))) for name in (*datasets, AVERAGE))


def _costs(
    number: int, note: str, papers: Mapping[str, PaperRow], measures: Sequence[Measure], leaderboard: Leaderboard
) -> PaperComparison:
    return PaperComparison(
        title=f"Table {number}",
        note=f"{note}. {MEASURED}",
        keys=("student",),
        columns=tuple(title for title, *_ in measures),
        lines=tuple(
            Line((student,), tuple(_cost(paper, measure, leaderboard) for measure in measures))
            for student, paper in papers.items()
        ),
    )


def _cost(paper: PaperRow, measure: Measure, leaderboard: Leaderboard) -> Pair:
    _, column, factor, name = measure
    ours = [row.metric(column) for row in leaderboard.rows if row.student == paper["student"]]
    measured = [value for value in ours if value is not None]
    return Pair(factor * fmean(measured) if measured else None, float(paper[name]))


def _counts(leaderboard: Leaderboard) -> PaperComparison:
    papers = [row for row in paper_counts() if row["dataset"] in leaderboard.datasets]
    return PaperComparison(
        title="Table 4",
        note="Number of texts by split, and of classes. Ours are those of the published files.",
        keys=("data set",),
        columns=(*SPLITS, "classes"),
        lines=tuple(Line((row["dataset"],), _count_pairs(row)) for row in papers),
        format=whole,
    )


def _count_pairs(paper: PaperRow) -> tuple[Pair, ...]:
    """Counts by split, and of classes; ours are None if the data set is private."""
    entry = DATASETS[paper["dataset"]]
    ours: dict[str, int] = {**{str(split): n for split, n in entry.n_rows.items()}, "n_classes": entry.n_classes}
    known = ours if entry.origin != "private" else {}
    return tuple(Pair(known.get(name), float(paper[name])) for name in (*SPLITS, "n_classes"))


def paper_points(leaderboard: Leaderboard) -> list[dict[str, Any]]:
    """The paper's students: F1 x100 over the data sets, % kept, and costs; none if one data set is not the paper's."""
    if leaderboard.task not in TASKS or not set(leaderboard.datasets) <= set(paper_datasets(leaderboard.task)):
        return []
    task = leaderboard.task
    f1 = {key: fmean(paper_f1(task)[*key, name] for name in leaderboard.datasets) for key in paper_order(task)}
    teacher = next(value for (student, _), value in f1.items() if student == TEACHER)
    return [
        {
            "student": student,
            "setting": setting,
            "f1": value,
            "f1_kept": 100 * value / teacher,
            "costs": _paper_costs(task, student),
        }
        for (student, setting), value in f1.items()
    ]


def _paper_costs(task: Task, student: str) -> Mapping[str, float]:
    """The paper's costs by our columns; it exported only classifiers."""
    sizes, onnx = paper_sizes(task)[student], paper_onnx(task).get(student)
    costs = {
        "n_parameters": MILLION * float(sizes["parameters_million"]),
        "latency_torch_ms": float(sizes["cpu_ms"]),
    }
    return costs | (
        {"size_onnx_mib": float(onnx["onnx_size_mb"]), "latency_onnx_ms": float(onnx["onnx_cpu_ms"])} if onnx else {}
    )
