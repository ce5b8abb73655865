"""What claims on F1 and on learning compare: found among our runs and in the paper's tables in the same way."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from benchmark.core.presets import STUDENT_RATES
from benchmark.core.spec import GRID, TUNED, Task
from benchmark.reporting.claims.pairs import (
    STUDENTS,
    Evidence,
    Sample,
    Scale,
    Value,
    merged,
    paired,
    points,
    quickness,
    terms,
)
from benchmark.reporting.claims.paper import PAPER_SHORT, f1_by_setting, tuned_gains
from benchmark.reporting.claims.rates import at_best_rates
from benchmark.reporting.results import GIVEN, Row


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What a setting gains on another, each student with itself, both at their best rates by validation."""

    better: str
    worse: str
    students: tuple[str, ...] = STUDENTS
    short: bool = False
    """Only on data sets of short texts."""
    one_pool: bool = False
    """Only where both read the same unlabelled text."""
    measure: Literal["f1", "steps"] = "f1"

    @property
    def scale(self) -> Scale:
        return "points" if self.measure == "f1" else "times"

    @property
    def needs(self) -> str:
        who = "" if self.students == STUDENTS else f" of {' and '.join(self.students)}"
        how = f"{' on short texts' if self.short else ''}{', converged' if self.measure == 'steps' else ''}"
        return f"{self.better} and {self.worse}{who}{how}"

    def ours(self, evidence: Evidence) -> Sample:
        rows = [row for row in evidence.rows if self._asks_for(row.student, row.dataset, evidence.short)]
        better, worse = ([row for row in rows if row.setting == name] for name in (self.better, self.worse))
        measure = points if self.measure == "f1" else quickness
        series = at_best_rates(better, worse, self._alike)
        return Sample(values=merged(value for pair in series for value in paired(*pair, measure, terms)))

    def papers(self, task: Task) -> Sample:
        """Its steps stand in a figure alone."""
        f1 = f1_by_setting(task) if self.measure == "f1" else {}
        values = (
            Value(dataset=dataset, student=student, seed=None, amount=score - f1[student, self.worse, dataset])
            for (student, setting, dataset), score in f1.items()
            if setting == self.better and (student, self.worse, dataset) in f1
            if self._asks_for(student, dataset, PAPER_SHORT)
        )
        return Sample(values=tuple(values))

    def _asks_for(self, student: str, dataset: str, short: frozenset[str]) -> bool:
        return student in self.students and (not self.short or dataset in short)

    def _alike(self, row: Row) -> Hashable:
        return row.student, row.pool if self.one_pool else ""


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What a student gains at the learning rate of its study on its own rate, or on the grid's."""

    student: str
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"a study of {self.student}, and its runs with --learning-rate tuned and without"

    def ours(self, evidence: Evidence) -> Sample:
        rows = evidence.of_student(self.student)
        tuned = [row for row in rows if row.rate_from == TUNED]
        return Sample(values=paired(tuned, filter(_is_untuned, rows), points, _alike_but_for_rate))

    def papers(self, task: Task) -> Sample:
        gains = tuned_gains(self.student) if task == "classification" else {}
        values = (Value(dataset=name, student=self.student, seed=None, amount=gain) for name, gain in gains.items())
        return Sample(values=tuple(values))


def _is_untuned(row: Row) -> bool:
    """At a rate that a run takes when none is named: the student's own, or the grid's best."""
    return row.rate_from == GRID or (row.rate_from == GIVEN and row.learning_rate == STUDENT_RATES[row.student])


def _alike_but_for_rate(row: Row) -> Hashable:
    return terms(row), row.student, row.setting, row.pool
