"""Pairs of runs that differ in nothing but what a claim is about, and what each pair comes to."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean
from typing import Literal, Protocol

from benchmark.core.presets import STUDENT_RATES
from benchmark.core.spec import Task
from benchmark.reporting.results import Row
from benchmark.reporting.selection import current_rows

STUDENTS = tuple(STUDENT_RATES)
"""Those that the paper makes its claims about."""
SHORT_WORDS = 10.0
"""Texts of a data set are short where those of its test split have at most so many words on average."""

Scale = Literal["points", "times"]
Measure = Callable[[Row], float | None]


@dataclass(frozen=True, kw_only=True)
class Value:
    """What one data set, student and seed came to: points of F1, or the natural logarithm of a ratio."""

    dataset: str
    student: str
    seed: int | None
    amount: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """All values of one claim."""

    values: tuple[Value, ...] = ()
    note: str = ""
    """What they are against, and what is not among them."""
    partial: bool = False
    """Whether a rival is missing: then a student can be seen to be behind, not ahead."""
    unrivalled: bool = False
    """Whether there was no rival to be behind of."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Our students' runs that may be compared: finished, no smoke runs, of the newest protocol and data."""

    rows: tuple[Row, ...]
    short: frozenset[str] = frozenset()
    """Data sets of short texts."""

    @classmethod
    def of(cls, rows: Sequence[Row], words: Mapping[str, float]) -> "Evidence":
        """`words` are the mean words of a text, by data set."""
        kept = tuple(row for row in current_rows(rows) if row.counts and not row.is_teacher)
        return cls(rows=kept, short=frozenset(name for name, n_words in words.items() if n_words <= SHORT_WORDS))

    def of_student(self, student: str) -> list[Row]:
        return [row for row in self.rows if row.student == student]


class Kind(Protocol):
    """What a claim compares. Values on the scale `points` are differences of F1 x100, on `times` logarithms."""

    @property
    def scale(self) -> Scale: ...

    @property
    def needs(self) -> str:
        """The runs that it cannot do without, in words."""
        ...

    def ours(self, evidence: Evidence) -> Sample: ...

    def papers(self, task: Task) -> Sample: ...


def paired(
    better: Iterable[Row], worse: Iterable[Row], measure: Measure, alike: Callable[[Row], Hashable]
) -> tuple[Value, ...]:
    """How much each of `better` measures above those of `worse` that are `alike`."""
    partners: dict[Hashable, list[float]] = defaultdict(list)
    for row in worse:
        if (amount := measure(row)) is not None:
            partners[alike(row)].append(amount)
    return merged(
        Value(dataset=row.dataset, student=row.student, seed=row.seed, amount=amount - other)
        for row in better
        if (amount := measure(row)) is not None
        for other in partners[alike(row)]
    )


def merged(values: Iterable[Value]) -> tuple[Value, ...]:
    """One value a data set, student and seed: the mean of those that share them.

    Runs at two learning rates, or in two settings, are no independent repetitions.
    """
    shared: dict[tuple[str, str, int | None], list[float]] = defaultdict(list)
    for value in values:
        shared[value.dataset, value.student, value.seed].append(value.amount)
    return tuple(
        Value(dataset=dataset, student=student, seed=seed, amount=fmean(amounts))
        for (dataset, student, seed), amounts in shared.items()
    )


def lacking(names: Iterable[str]) -> str:
    """The end of a note: whom there is nothing to compare with."""
    return f"; nothing to compare of {', '.join(missing)}" if (missing := list(names)) else ""


def conditions(row: Row) -> tuple[Hashable, ...]:
    """What runs have to share to be compared at all: data, teacher, code, and how long they may train."""
    return row.dataset, row.data, row.teacher_key or row.teacher, row.protocol, row.budget


def terms(row: Row) -> tuple[Hashable, ...]:
    """What two runs have to share to be a pair: the conditions and the seed."""
    return *conditions(row), row.seed


def points(row: Row) -> float | None:
    """F1 x100."""
    return None if row.test_f1 is None else 100 * row.test_f1


def quickness(row: Row) -> float | None:
    """Logarithm: differences are ratios of steps. None where training was cut short: its best may yet have come."""
    return -log(row.steps_to_best) if row.steps_to_best and row.converged else None


def f1_per_ms(row: Row) -> float | None:
    """Logarithm of F1 a millisecond in ONNX. Between students of one teacher, ratios are those of F1 kept."""
    return log(row.test_f1 / row.latency_onnx_ms) if row.test_f1 and row.latency_onnx_ms else None
