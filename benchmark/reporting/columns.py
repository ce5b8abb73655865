"""Columns of the leaderboard: identity, scores, costs (from METRICS) and speed-ups; and notes on how to read it."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from benchmark.core.metrics import METRICS, Metric
from benchmark.reporting import notes
from benchmark.reporting.leaderboard_entry import TEACHER_TORCH, TEXT, Leaderboard, LeaderboardEntry
from benchmark.reporting.table import NONE, Column, Table, points, significant, whole

ALWAYS = 9
"""Priority of columns that no terminal is too narrow for."""
F1_OF = "f1/"
"""Prefix of the names of data sets' columns."""
FORMATS: dict[str, Callable[[float], str]] = {
    "parameters": lambda count: f"{significant(count / 1e6)} M",
    "steps": whole,
}
"""Formats by unit; costs of other units have three significant digits."""

EntryColumn = Column[LeaderboardEntry]


def leaderboard_table(leaderboard: Leaderboard) -> Table[LeaderboardEntry]:
    """The usual columns, as in report.md."""
    full = full_table(leaderboard)
    title = f"{leaderboard.suite}, preset {leaderboard.preset}"
    return Table(columns=[column for column in full.columns if column.usual], rows=full.rows, title=title)


def full_table(leaderboard: Leaderboard) -> Table[LeaderboardEntry]:
    """All columns, for the page; the teacher's name only if there are several."""
    names = (RANK, *([TEACHER] if len(leaderboard.teachers) > 1 else []), STUDENT, SETTING)
    datasets = (_dataset_column(leaderboard, name) for name in leaderboard.datasets)
    return Table(columns=(*names, *SCORES, *datasets, *COSTS, *SPEED_UPS, *TRAINING, *RUNS), rows=leaderboard.entries)


def combined_table(leaderboards: Sequence[Leaderboard]) -> Table[LeaderboardEntry]:
    """All columns of all leaderboards, for leaderboard.csv."""
    columns = (c for one in leaderboards for c in (PRESET, TEACHER, *full_table(one).columns))
    by_name = {column.name: column for column in columns} or {PRESET.name: PRESET}
    return Table(columns=tuple(by_name.values()), rows=[entry for one in leaderboards for entry in one.entries])


def meanings(leaderboards: Sequence[Leaderboard]) -> dict[str, str]:
    """Meaning of each shown column, by its title."""
    columns = (column for one in leaderboards for column in leaderboard_table(one).columns if column.meaning)
    return {column.title or column.name: column.meaning for column in columns}


def _dataset_column(leaderboard: Leaderboard, name: str) -> EntryColumn:
    n_test = leaderboard.n_test.get(name)
    return Column(
        name=F1_OF + name,
        title=name,
        value=lambda entry: entry.f1_by_dataset.get(name),
        format=points,
        meaning=f"Macro-F1 x100 on the test split of {name}, mean over seeds.",
        note="" if n_test is None else f"n = {n_test}",
        better="higher",
        priority=4,
    )


def _text(name: str, meaning: str = "") -> EntryColumn:
    return Column(name=name, value=attrgetter(name), kind=str, meaning=meaning, priority=ALWAYS)


def _cost(metric: Metric) -> EntryColumn:
    return Column(
        name=metric.name,
        title=metric.title,
        value=lambda entry: entry.costs.get(metric.name),
        format=FORMATS.get(metric.unit, significant),
        meaning=metric.meaning,
        unit=metric.unit,
        better="lower",
        priority=metric.priority,
        usual=metric.usual,
    )


def _speed_up(name: str, title: str, meaning: str, priority: int = 0) -> EntryColumn:
    return Column(
        name=f"speed_up_{name}",
        title=title,
        value=lambda entry: entry.speed_up.get(name),
        format=partial(significant, digits=2),
        meaning=f"Speed-up: {meaning} Only if one machine measured both.",
        unit="times",
        better="higher",
        priority=priority,
    )


def _f1(entry: LeaderboardEntry) -> str:
    if entry.f1 is None:
        return NONE
    if entry.interval is not None:
        return f"{points(entry.f1)} [{', '.join(f'{bound:.1f}' for bound in entry.interval)}]"
    return points(entry.f1) + ("" if entry.margin is None else f" ± {points(entry.margin)}")


def _bound(number: int, name: str) -> EntryColumn:
    return Column(
        name=name,
        value=lambda entry: None if entry.interval is None else entry.interval[number],
        format=points,
        unit="F1 x100",
        better="higher",
        usual=False,
        meaning=f"{'Upper' if number else 'Lower'} bound of the 95 % interval of the mean F1.",
    )


def _seeds(entry: LeaderboardEntry) -> str:
    fewest, most = entry.seeds
    return str(most) if fewest == most else f"{fewest}-{most}"


def _coverage(entry: LeaderboardEntry) -> str:
    n_scored = len(entry.f1_by_dataset)
    return f"{n_scored}/{n_scored + len(entry.missing)}"


PRESET = _text("preset")
TEACHER = _text("teacher")
STUDENT = _text("student")
SETTING = _text(
    "setting",
    "Training of the student: vanilla (labels only), kd (MSE on the teacher's logits), kd_ulb (also on unlabelled "
    "text), kd_ulb_fasttext and kd_ulb_bert (with pretrained embeddings from fastText or the teacher).",
)
RANK: EntryColumn = Column(
    name="rank",
    value=lambda entry: entry.rank,
    priority=ALWAYS,
    better="lower",
    meaning="Rank by mean F1 of the students with an F1 on every data set. A student shares the rank above it if the "
    "95 % interval of its paired difference from that rank's best reaches 0. The teacher is not ranked.",
)
SCORES: tuple[EntryColumn, ...] = (
    Column(
        name="f1",
        title="mean F1",
        value=lambda entry: entry.f1,
        show=_f1,
        priority=ALWAYS,
        unit="F1 x100",
        better="higher",
        meaning="Macro-F1 x100 on test: mean over seeds, then over data sets, with its 95 % interval over test items "
        "and, where there are several, over seeds. ± is half its width over seeds alone, where predictions cannot be "
        "read. None if a data set has no result.",
    ),
    _bound(0, "test_f1_low"),
    _bound(1, "test_f1_high"),
    Column(
        name="f1_margin",
        title="±",
        value=lambda entry: entry.margin,
        format=points,
        unit="F1 x100",
        better="lower",
        usual=False,
        meaning="Half the width of the 95 % interval of the mean F1 over seeds; none for a single seed.",
    ),
    Column(
        name="f1_kept",
        title="% kept",
        value=lambda entry: entry.f1_kept,
        format="{:.1f}".format,
        priority=6,
        unit="%",
        better="higher",
        meaning="Mean F1 in percent of the teacher's.",
    ),
)
COSTS = tuple(_cost(metric) for metric in METRICS if metric.is_cost and metric.title and metric.group != "train")
SPEED_UPS = (
    _speed_up("latency_torch_ms", "x PyTorch", "latency of the teacher in PyTorch / of the student in PyTorch."),
    _speed_up(
        "latency_onnx_ms",
        "x ONNX",
        "latency of the teacher in ONNX Runtime, its fastest, / of the student in ONNX Runtime.",
        priority=7,
    ),
    _speed_up(TEACHER_TORCH, "x teacher", "latency of the teacher in PyTorch / of the student in ONNX Runtime."),
    _speed_up(
        TEXT,
        "x text",
        "latency of the teacher in PyTorch, without tokenisation, / of the student from a string to its label.",
        priority=1,
    ),
)
TRAINING = tuple(_cost(metric) for metric in METRICS if metric.is_cost and metric.title and metric.group == "train")
RUNS: tuple[EntryColumn, ...] = (
    Column(
        name="coverage",
        title="data sets",
        value=lambda entry: len(entry.f1_by_dataset),
        show=_coverage,
        better="higher",
        meaning="Data sets with an F1 / all of the leaderboard.",
        usual=False,
    ),
    Column(
        name="seeds",
        value=lambda entry: entry.seeds[1],
        show=_seeds,
        better="higher",
        priority=2,
        meaning="Number of seeds behind each value.",
    ),
)
NOTES = notes("leaderboard")
