"""Comparisons of claims on F1 and on convergence, drawn from our runs and from the paper's tables alike."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, Protocol

from benchmark.core.presets import STUDENT_RATES
from benchmark.core.spec import GRID, TUNED
from benchmark.reporting.claims.effects import (
    STUDENTS,
    ComparableRuns,
    Difference,
    Differences,
    Runs,
    Sample,
    Scale,
    block,
    contrast,
    convergence_speed,
    paired_differences,
    pairing,
    points,
)
from benchmark.reporting.results import GIVEN, Row
from benchmark.reporting.selection import chosen_rows


class Comparison(Protocol):
    """A comparison that tests a claim. Differences are points of F1 x100 on scale `points`, logarithms on `times`."""

    @property
    def scale(self) -> Scale: ...

    @property
    def needs(self) -> str:
        """The runs that it requires, in words."""
        ...

    def sample(self, runs: ComparableRuns) -> Sample: ...


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Mean of the settings `plus` less the mean of the settings `minus`, within each student."""

    plus: tuple[str, ...]
    minus: tuple[str, ...]
    students: tuple[str, ...] = STUDENTS
    short_texts: bool = False
    """Only on data sets of short texts."""
    same_pool: bool = False
    """Only between runs that read the same unlabelled texts."""
    measure: Literal["f1", "steps"] = "f1"

    @property
    def scale(self) -> Scale:
        return "points" if self.measure == "f1" else "times"

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights by setting, which add up to 0."""
        sides = ((self.plus, 1.0), (self.minus, -1.0))
        return {setting: sign / len(side) for side, sign in sides for setting in side}

    @property
    def needs(self) -> str:
        students = "" if self.students == STUDENTS else f" of {' and '.join(self.students)}"
        texts = " on short texts" if self.short_texts else ""
        return f"{' and '.join(self.weights)}{students}{texts}{', converged' if self.measure == 'steps' else ''}"

    def sample(self, runs: ComparableRuns) -> Sample:
        rows = [row for row in runs.rows if row.student in self.students]
        if self.short_texts:
            rows = [row for row in rows if row.dataset in runs.short_texts]
        measure = points if self.measure == "f1" else convergence_speed
        return Sample(differences=contrast(rows, self.weights, measure, same_pool=self.same_pool))


@dataclass(frozen=True, kw_only=True)
class LargestEffect:
    """A student's effect less that of its best competitor: the other student of the contrast with the largest."""

    contrast: Contrast
    student: str
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"{self.contrast.needs}{' of every student' if self.contrast.students == STUDENTS else ''}"

    def sample(self, runs: ComparableRuns) -> Sample:
        by_student: dict[str, dict[Hashable, Difference]] = defaultdict(dict)
        for one in self.contrast.sample(runs).differences:
            by_student[one.student][one.dataset, one.seed] = one
        own = by_student[self.student]
        competitors = [name for name in self.contrast.students if name != self.student]
        return _over_best({name: _less(own, by_student[name]) for name in competitors})


@dataclass(frozen=True, kw_only=True)
class StudentComparison:
    """A student against its best competitor in one setting, each at its best learning rate by validation."""

    student: str
    competitors: tuple[str, ...]
    setting: str = "vanilla"
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"{self.setting} of {', '.join((self.student, *self.competitors))}, of one training budget"

    def sample(self, runs: ComparableRuns) -> Sample:
        own = self._at_best(runs, self.student)
        others = {name: self._at_best(runs, name) for name in self.competitors}
        return _over_best({name: paired_differences(own, rows, points, _same_tuning) for name, rows in others.items()})

    def _at_best(self, runs: ComparableRuns, student: str) -> Runs:
        """Runs of one configuration of each block: that of most seeds, then of the best validation F1."""
        series: dict[Hashable, Runs] = defaultdict(list)
        for row in runs.of_student(student):
            if row.setting == self.setting:
                series[block(row), row.rate_from].append(row)
        return [row for rows in series.values() for chosen in chosen_rows(rows).values() for row in chosen]


@dataclass(frozen=True, kw_only=True)
class TunedRate:
    """A student at the learning rate of its tuning study against its default rate, or the grid's."""

    student: str
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"a tuning study of {self.student}, and its runs with and without --learning-rate tuned"

    def sample(self, runs: ComparableRuns) -> Sample:
        rows = runs.of_student(self.student)
        tuned, untuned = [row for row in rows if row.rate_from == TUNED], [row for row in rows if _is_untuned(row)]
        return Sample(differences=paired_differences(tuned, untuned, points, _same_but_rate))


def _is_untuned(row: Row) -> bool:
    """Whether the rate is the student's default or the grid's best."""
    return row.rate_from == GRID or (row.rate_from == GIVEN and row.learning_rate == STUDENT_RATES[row.student])


def _same_tuning(row: Row) -> Hashable:
    return pairing(row), row.rate_from


def _same_but_rate(row: Row) -> Hashable:
    return pairing(row), row.student, row.setting, row.pool


def _less(own: Mapping[Hashable, Difference], others: Mapping[Hashable, Difference]) -> Differences:
    """Differences of differences, for the data sets and seeds of both."""
    return tuple(replace(own[key], amount=own[key].amount - others[key].amount) for key in own if key in others)


def _over_best(by_competitor: Mapping[str, Differences]) -> Sample:
    """Against the best competitor: the one over which the mean difference is least."""
    found = {name: differences for name, differences in by_competitor.items() if differences}
    if not found:
        return Sample()
    best = min(found, key=lambda name: fmean(one.amount for one in found[name]))
    missing = [name for name in by_competitor if name not in found]
    note = f"against {best}, the best competitor{without(missing)}" if len(by_competitor) > 1 else ""
    return Sample(differences=found[best], note=note, incomplete=bool(missing))


def without(missing: Sequence[str]) -> str:
    """The end of a note, on competitors without comparable runs."""
    return f"; no comparable runs of {', '.join(missing)}" if missing else ""
