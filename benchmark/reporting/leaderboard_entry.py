"""One line of a leaderboard, and the leaderboard: figures and names, however they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmark.core.spec import TEACHER
from benchmark.reporting.results import Row

COSTS = (
    "n_parameters",
    "n_parameters_non_embedding",
    "size_checkpoint_mib",
    "size_weights_mib",
    "size_onnx_mib",
    "size_onnx_int8_mib",
    "latency_torch_ms",
    "latency_onnx_ms",
    "latency_onnx_int8_ms",
    "latency_text_ms",
    "train_seconds",
    "steps_to_best",
)
ACROSS = "teacher_torch"
"""Key of the speed-up against what one would have without this project: the teacher in PyTorch, ours in ONNX."""

Kind = Literal["not_run", "skipped", "failed", "out_of_memory", "smoke", "older"]


@dataclass(frozen=True, kw_only=True)
class MissingResult:
    """Why a data set has no F1. `run_id` is empty where nothing was tried."""

    kind: Kind
    reason: str = ""
    run_id: str = ""

    def __str__(self) -> str:
        word = self.kind.replace("_", " ")
        return f"{word}: {self.reason}" if self.reason else word


@dataclass(frozen=True, kw_only=True)
class LeaderboardEntry:
    """One teacher, student and setting over the data sets of a board. None where a figure would have a hole."""

    teacher: str
    student: str
    setting: str
    rank: int | None
    """1 is best; rows that cannot be told apart share a rank. None for the teacher, and where a data set is missing."""
    f1: float | None
    """Mean over the data sets of the mean over seeds, x100."""
    spread: float | None
    """Sample standard deviation over seeds of the mean over data sets, x100; None for a single seed."""
    margin: float | None
    """Half the width of the 95 % interval of `f1`, from the spread over seeds; None for a single seed."""
    f1_kept: float | None
    """Share of the mean F1 of the teacher that taught it, in percent."""
    f1_by_dataset: Mapping[str, float]
    """Mean over seeds, x100; what is missing is absent."""
    missing: Mapping[str, MissingResult]
    """Why a data set is missing, by its name."""
    seeds: tuple[int, int]
    """Fewest and most seeds over the data sets that are there."""
    costs: Mapping[str, float]
    """Mean over the data sets of each of COSTS that was measured on all of them."""
    cost_ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Least and most over seeds of each cost, as means over the data sets."""
    speed_up: Mapping[str, float] = field(default_factory=dict)
    """Teacher's ms / ours in the same runtime, by the latency's column, and ACROSS."""
    invalid: str = ""
    """Why measured milliseconds are not shown: a control that failed, or another machine than the table's."""
    runs: tuple[str, ...] = ()
    """Ids of the runs behind the figures."""

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def name(self) -> str:
        return self.student if self.is_teacher else f"{self.student} {self.setting}"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end of the 95 % interval of `f1`; of no width for a single seed."""
        margin = self.margin or 0.0
        return None if self.f1 is None else (self.f1 - margin, self.f1 + margin)


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """The standings of one suite and preset: teachers first, then by rank, then those with a hole."""

    suite: str
    preset: str
    task: str
    datasets: tuple[str, ...]
    entries: tuple[LeaderboardEntry, ...]
    rows: tuple[Row, ...] = ()
    """The rows that the figures are made of."""
    n_test: Mapping[str, int] = field(default_factory=dict)
    """Texts of each test split, where known."""

    @property
    def teachers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.teacher for entry in self.entries))

    @property
    def ranked(self) -> tuple[LeaderboardEntry, ...]:
        return tuple(entry for entry in self.entries if entry.rank is not None)
