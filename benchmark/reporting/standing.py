"""One line of a leaderboard, and the leaderboard: figures and names, however they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmark.reporting.results import Row
from benchmark.spec import TEACHER

COSTS = (
    "n_parameters",
    "n_parameters_non_embedding",
    "size_checkpoint_mib",
    "size_weights_mib",
    "size_onnx_mib",
    "latency_torch_ms",
    "latency_onnx_ms",
    "train_seconds",
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One teacher, student and setting over the data sets of a board. None where a figure would have a hole."""

    teacher: str
    student: str
    setting: str
    rank: int | None
    """1 is best; equal figures share a rank. None for the teacher, and where a data set is missing."""
    f1: float | None
    """Mean over the data sets of the mean over seeds, x100."""
    spread: float | None
    """Sample standard deviation over seeds of the mean over data sets, x100; None for a single seed."""
    f1_kept: float | None
    """Share of the teacher's mean F1, in percent."""
    f1_by_dataset: Mapping[str, float]
    """Mean over seeds, x100; what is missing is absent."""
    missing: Mapping[str, str]
    """Why a data set is missing, by its name."""
    seeds: tuple[int, int]
    """Fewest and most seeds over the data sets that are there."""
    costs: Mapping[str, float]
    """Mean over the data sets of each of COSTS that was measured on all of them."""
    speed_up: Mapping[str, float] = field(default_factory=dict)
    """Teacher's ms / ours in the same runtime, by the latency's column; only where one machine measured both."""

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def name(self) -> str:
        return self.student if self.is_teacher else f"{self.student} {self.setting}"


@dataclass(frozen=True, kw_only=True)
class Board:
    """The standings of one suite and preset: teachers first, then by rank, then those with a hole."""

    suite: str
    preset: str
    task: str
    datasets: tuple[str, ...]
    standings: tuple[Standing, ...]
    rows: tuple[Row, ...] = ()
    """The rows that the figures are made of."""

    def teacher_of(self, standing: Standing) -> Standing | None:
        return next((s for s in self.standings if s.is_teacher and s.teacher == standing.teacher), None)

    @property
    def teachers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(standing.teacher for standing in self.standings))

    @property
    def ranked(self) -> tuple[Standing, ...]:
        return tuple(standing for standing in self.standings if standing.rank is not None)
