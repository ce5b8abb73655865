"""The leaderboard's columns, as data: what each is called, what it means, its unit, which way is better, its cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from benchmark.reporting.formatting import millions, significant
from benchmark.reporting.leaderboard_entry import ACROSS, Leaderboard, LeaderboardEntry

NONE = "-"
"""Shown where there is no figure."""
KEPT = 9
F1_OF = "f1/"
"""Start of the name of a data set's column."""

Value = float | int | str | None
Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, kw_only=True)
class Column:
    """`value` is a standing's figure in `unit`, in full; `show` writes it; `meaning` is for readers."""

    name: str
    title: str
    value: Callable[[LeaderboardEntry], Value]
    show: Callable[[LeaderboardEntry], str]
    meaning: str = ""
    unit: str = ""
    better: Better = ""
    note: str = ""
    """What else stands in the header, as the number of texts behind it."""
    number: bool = True
    weight: int = 0
    """Where there is little room, as in a terminal, the lightest columns are left out; KEPT never is."""
    usual: bool = True
    """The others are there for who asks: in the page's column picker and in leaderboard.csv."""


def columns(leaderboard: Leaderboard) -> list[Column]:
    """The usual columns; a teacher's only where there are several."""
    return [column for column in all_columns(leaderboard) if column.usual]


def all_columns(leaderboard: Leaderboard) -> list[Column]:
    who = [column for column in NAMES if column.title != "teacher" or len(leaderboard.teachers) > 1]
    return [*who, *SCORES, *(_dataset_column(leaderboard, name) for name in leaderboard.datasets), *COST_COLUMNS]


def _dataset_column(leaderboard: Leaderboard, name: str) -> Column:
    n_test = leaderboard.n_test.get(name)
    return Column(
        name=F1_OF + name,
        title=name,
        value=lambda entry: entry.f1_by_dataset.get(name),
        show=lambda entry: points(entry.f1_by_dataset.get(name)),
        meaning=f"Macro-F1 x100 on the test split of {name}, mean over seeds.",
        note="" if n_test is None else f"n = {n_test}",
        better="higher",
        weight=4,
    )


def points(value: float | None) -> str:
    """F1 x100 with two decimals, as the paper's tables have it."""
    return NONE if value is None else f"{value:.2f}"


def _f1(entry: LeaderboardEntry) -> str:
    margin = "" if entry.margin is None else f" ± {entry.margin:.2f}"
    return points(entry.f1) + margin


def _kept(entry: LeaderboardEntry) -> str:
    return NONE if entry.f1_kept is None else f"{entry.f1_kept:.1f}"


def _seeds(entry: LeaderboardEntry) -> str:
    fewest, most = entry.seeds
    return str(most) if fewest == most else f"{fewest}-{most}"


def _coverage(entry: LeaderboardEntry) -> str:
    there = len(entry.f1_by_dataset)
    return f"{there}/{there + len(entry.missing)}"


def _of(mapping: str, name: str, entry: LeaderboardEntry) -> float | None:
    found: Mapping[str, float] = getattr(entry, mapping)
    return found.get(name)


def _written(
    write: Callable[[float], str], value: Callable[[LeaderboardEntry], float | None], entry: LeaderboardEntry
) -> str:
    found = value(entry)
    return NONE if found is None else write(found)


def _text(name: str, title: str, meaning: str = "") -> Column:
    show = partial(_attribute, name)
    return Column(name=name, title=title, value=show, show=show, meaning=meaning, number=False, weight=KEPT)


def _attribute(name: str, entry: LeaderboardEntry) -> str:
    return str(getattr(entry, name))


def _cost(
    name: str,
    title: str,
    meaning: str,
    unit: str,
    write: Callable[[float], str] = significant,
    weight: int = 0,
    usual: bool = True,
) -> Column:
    value = partial(_of, "costs", name)
    show = partial(_written, write, value)
    return Column(
        name=name,
        title=title,
        value=value,
        show=show,
        meaning=meaning,
        unit=unit,
        better="lower",
        weight=weight,
        usual=usual,
    )


def _speed_up(name: str, title: str, meaning: str, weight: int = 0) -> Column:
    value = partial(_of, "speed_up", name)
    show = partial(_written, partial(significant, digits=2), value)
    meaning = f"Speed-up: {meaning} Only where one machine measured both."
    return Column(
        name=f"speed_up_{name}",
        title=title,
        value=value,
        show=show,
        meaning=meaning,
        unit="times",
        better="higher",
        weight=weight,
    )


def whole(value: float) -> str:
    return f"{value:.0f}"


NAMES = (
    Column(
        name="rank",
        title="rank",
        value=lambda entry: entry.rank,
        show=lambda entry: NONE if entry.rank is None else str(entry.rank),
        weight=KEPT,
        better="lower",
        meaning="By mean F1 among students with a score on every data set of the table. A student whose 95 % interval "
        "reaches that of the best of the rank above shares that rank; with a single seed there is no interval, and "
        "only equal scores, or a score inside another's interval, share one. The teacher is not ranked.",
    ),
    _text("teacher", "teacher"),
    _text("student", "student"),
    _text(
        "setting",
        "setting",
        "How the student was taught: vanilla (labels only), kd (MSE on the teacher's logits), kd_ulb (on "
        "unlabelled text too), and with embeddings that start from fastText or from the teacher.",
    ),
)
SCORES = (
    Column(
        name="f1",
        title="mean F1",
        value=lambda entry: entry.f1,
        show=_f1,
        weight=KEPT,
        unit="F1 x100",
        better="higher",
        meaning="Macro-F1 x100 on test: mean over seeds, then over the data sets of the table; ± is half the 95 % "
        "interval of that mean over seeds (Student's t). None where a data set is missing.",
    ),
    Column(
        name="f1_margin",
        title="±",
        value=lambda entry: entry.margin,
        show=lambda entry: points(entry.margin),
        unit="F1 x100",
        better="lower",
        usual=False,
        meaning="Half the 95 % interval of the mean F1 over seeds; none for a single seed.",
    ),
    Column(
        name="f1_kept",
        title="% kept",
        value=lambda entry: entry.f1_kept,
        show=_kept,
        weight=6,
        unit="%",
        better="higher",
        meaning="100 x mean F1 / the mean F1 of the teacher that taught it.",
    ),
)
COST_COLUMNS = (
    _cost(
        "n_parameters",
        "parameters",
        "All parameters, in millions; mean over the data sets.",
        "parameters",
        millions,
        weight=3,
    ),
    _cost(
        "n_parameters_non_embedding",
        "without embeddings",
        "Parameters outside the embedding table, in millions.",
        "parameters",
        millions,
        usual=False,
    ),
    _cost("size_weights_mib", "MiB weights", "The weights alone (safetensors, fp32), in 2**20 bytes.", "MiB"),
    _cost("size_onnx_mib", "MiB ONNX", "The exported ONNX file.", "MiB", weight=5),
    _cost("size_onnx_int8_mib", "MiB INT8", "The ONNX file with 8-bit weights.", "MiB", usual=False),
    _cost(
        "latency_torch_ms",
        "ms PyTorch",
        "Median milliseconds for one sentence, eager PyTorch, one thread, tokenisation left out.",
        "ms",
    ),
    _cost("latency_onnx_ms", "ms ONNX", "The same in ONNX Runtime.", "ms", weight=8),
    _cost("latency_onnx_int8_ms", "ms INT8", "The same in ONNX Runtime with 8-bit weights.", "ms", usual=False),
    _cost(
        "latency_text_ms",
        "ms text",
        "Median milliseconds from a string to its label: the exported bundle, tokenisation included, one thread.",
        "ms",
        weight=1,
    ),
    _speed_up("latency_torch_ms", "x PyTorch", "the teacher's milliseconds in PyTorch / ours in PyTorch."),
    _speed_up("latency_onnx_ms", "x ONNX", "the teacher in ONNX Runtime, its best, / ours in ONNX Runtime.", weight=7),
    _speed_up(ACROSS, "x teacher", "the teacher in PyTorch, as it is trained, / ours in ONNX Runtime.", weight=1),
    _cost(
        "train_seconds",
        "train s",
        "Seconds of training, mean over seeds and data sets; the teacher's own not counted in.",
        "s",
        usual=False,
    ),
    _cost(
        "steps_to_best",
        "steps",
        "Optimiser steps to the weights that were kept, the best on validation.",
        "steps",
        whole,
        usual=False,
    ),
    Column(
        name="coverage",
        title="data sets",
        value=lambda entry: len(entry.f1_by_dataset),
        show=_coverage,
        better="higher",
        meaning="Data sets of the table with a score / all of them.",
        usual=False,
    ),
    Column(
        name="seeds",
        title="seeds",
        value=lambda entry: entry.seeds[1],
        show=_seeds,
        better="higher",
        weight=2,
        meaning="Runs with different seeds behind each figure.",
    ),
)
