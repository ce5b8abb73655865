"""The leaderboard's columns, as data: what each is called, what it means, and how it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmark.reporting.numerals import millions, significant
from benchmark.reporting.standing import Board, Standing

NONE = "-"
"""Shown where there is no figure."""
KEPT = 9


@dataclass(frozen=True, kw_only=True)
class Column:
    """`show` writes a standing's cell; `meaning` is for readers, empty where the title says it."""

    title: str
    show: Callable[[Standing], str]
    meaning: str = ""
    number: bool = True
    weight: int = 0
    """Where there is little room, as in a terminal, the lightest columns are left out; KEPT never is."""


def columns(board: Board) -> list[Column]:
    """A teacher's column only where there are several."""
    who = [column for column in NAMES if column.title != "teacher" or len(board.teachers) > 1]
    datasets = [Column(title=name, show=partial(_dataset, name=name), weight=4) for name in board.datasets]
    return [*who, *SCORES, *datasets, *COST_COLUMNS]


def _dataset(standing: Standing, name: str) -> str:
    return points(standing.f1_by_dataset.get(name))


def points(value: float | None) -> str:
    """F1 x100 with two decimals, as the paper's tables have it."""
    return NONE if value is None else f"{value:.2f}"


def _f1(standing: Standing) -> str:
    spread = "" if standing.spread is None else f" ± {standing.spread:.2f}"
    return points(standing.f1) + spread


def _kept(standing: Standing) -> str:
    return NONE if standing.f1_kept is None else f"{standing.f1_kept:.1f}"


def _seeds(standing: Standing) -> str:
    fewest, most = standing.seeds
    return str(most) if fewest == most else f"{fewest}-{most}"


def _cost(standing: Standing, name: str) -> str:
    value = standing.costs.get(name)
    return NONE if value is None else significant(value)


def _parameters(standing: Standing) -> str:
    value = standing.costs.get("n_parameters")
    return NONE if value is None else millions(value)


def _speed_up(standing: Standing, name: str) -> str:
    value = standing.speed_up.get(name)
    return NONE if value is None else significant(value, 2)


NAMES = (
    Column(
        title="rank",
        show=lambda standing: NONE if standing.rank is None else str(standing.rank),
        weight=KEPT,
        meaning="By mean F1 among students with a score on every data set of the table. The teacher is not ranked.",
    ),
    Column(title="teacher", show=lambda standing: standing.teacher, number=False, weight=KEPT),
    Column(title="student", show=lambda standing: standing.student, number=False, weight=KEPT),
    Column(
        title="setting",
        show=lambda standing: standing.setting,
        weight=KEPT,
        meaning="How the student was taught: vanilla (labels only), kd (MSE on the teacher's logits), kd_ulb (on "
        "unlabelled text too), and with embeddings that start from fastText or from the teacher.",
        number=False,
    ),
)
SCORES = (
    Column(
        title="mean F1",
        show=_f1,
        weight=KEPT,
        meaning="Macro-F1 x100 on test: mean over seeds, then over the data sets of the table; ± is the sample "
        "standard deviation over seeds of that mean. None where a data set is missing.",
    ),
    Column(title="% kept", show=_kept, weight=6, meaning="100 x mean F1 / the teacher's mean F1."),
)
COST_COLUMNS = (
    Column(
        title="parameters", show=_parameters, weight=3, meaning="All parameters, in millions; mean over the data sets."
    ),
    Column(
        title="MiB weights",
        show=partial(_cost, name="size_weights_mib"),
        meaning="The weights alone (safetensors, fp32), in 2**20 bytes.",
    ),
    Column(title="MiB ONNX", show=partial(_cost, name="size_onnx_mib"), weight=5, meaning="The exported ONNX file."),
    Column(
        title="ms PyTorch",
        show=partial(_cost, name="latency_torch_ms"),
        meaning="Median milliseconds for one sentence, eager PyTorch, one thread, tokenisation left out.",
    ),
    Column(title="ms ONNX", show=partial(_cost, name="latency_onnx_ms"), weight=8, meaning="The same in ONNX Runtime."),
    Column(
        title="x PyTorch",
        show=partial(_speed_up, name="latency_torch_ms"),
        meaning="Speed-up: the teacher's milliseconds in PyTorch / ours in PyTorch, both from the same machine.",
    ),
    Column(
        title="x ONNX",
        show=partial(_speed_up, name="latency_onnx_ms"),
        weight=7,
        meaning="Speed-up: both in ONNX Runtime.",
    ),
    Column(title="seeds", show=_seeds, weight=2, meaning="Runs with different seeds behind each figure."),
)
