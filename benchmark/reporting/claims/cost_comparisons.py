"""Comparisons of claims on cost: file sizes and latencies of a student, and its F1 against its latency."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import chain
from math import log
from operator import attrgetter
from statistics import fmean

from benchmark.reporting.claims.comparisons import without
from benchmark.reporting.claims.effects import (
    STUDENTS,
    ComparableRuns,
    Difference,
    Runs,
    Sample,
    Scale,
    f1_per_ms,
    mean_by_seed,
    paired_differences,
    pairing,
    points,
    weighted_sums,
)
from benchmark.reporting.results import Row
from benchmark.reporting.selection import chosen_rows

BERTS = ("bert_mini", "bert_small")
"""The paper's competitors of BiLSTM and CNN in F1 per millisecond."""
Best = Mapping[str, Runs]
"""Runs of each student's best configuration, one a seed."""


@dataclass(frozen=True, kw_only=True)
class CostRatio:
    """A student's cost `before` over its cost `after`. It depends on neither seed nor setting."""

    before: str
    after: str
    scale: Scale = "times"

    @property
    def needs(self) -> str:
        return f"measured {self.before} and {self.after}"

    def sample(self, runs: ComparableRuns) -> Sample:
        costs = ((row, getattr(row, self.before), getattr(row, self.after)) for row in runs.rows)
        return Sample(
            differences=mean_by_seed(
                Difference(dataset=row.dataset, student=row.student, seed=None, amount=log(before / after))
                for row, before, after in costs
                if before and after and row.student in STUDENTS
            )
        )


@dataclass(frozen=True, kw_only=True)
class F1PerMillisecond:
    """A student's F1 per millisecond over that of the small BERTs, setting by setting.

    Students of one teacher: the ratio is that of the kept F1, too.
    """

    student: str
    scale: Scale = "times"

    @property
    def needs(self) -> str:
        return f"measured latencies of {', '.join((self.student, *BERTS))}"

    def sample(self, runs: ComparableRuns) -> Sample:
        """The mean over competitors and settings."""
        own, pairs = runs.of_student(self.student), dict[str, list[Difference]]()
        for name in BERTS:
            pairs[name] = weighted_sums((own, runs.of_student(name)), (1.0, -1.0), f1_per_ms, _same_but_student)
        found, missing = ([name for name in BERTS if bool(pairs[name]) == is_found] for is_found in (True, False))
        return Sample(
            differences=mean_by_seed(chain(*pairs.values())),
            note=f"against {' and '.join(found)}{without(missing)}" if found else "",
            incomplete=bool(missing),
        )


@dataclass(frozen=True, kw_only=True)
class ParetoComparison:
    """A student against the best of those at least as fast, each in its best setting by validation.

    Above all of them, or without any, it is on the Pareto front.
    """

    student: str
    latency: str = "latency_onnx_ms"
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"measured {self.latency} of {self.student} and of every other student"

    def sample(self, runs: ComparableRuns) -> Sample:
        groups = [best for best in _timed_together(runs, self.latency) if self.student in best]
        timed = {name for best in groups for name in best}
        if timed <= {self.student}:
            return Sample()
        competitors = [self._competitor(best) for best in groups]
        differences = chain.from_iterable(
            paired_differences(best[self.student], best[name], points, attrgetter("seed"))
            for best, name in zip(groups, competitors, strict=True)
            if name
        )
        names, missing = dict.fromkeys(filter(None, competitors)), [name for name in STUDENTS if name not in timed]
        note = f"against {' and '.join(names)}, the best student that is as fast" if names else "no student is as fast"
        return Sample(
            differences=mean_by_seed(differences),
            note=note + without(missing),
            incomplete=bool(missing),
            uncontested=not names,
        )

    def _competitor(self, best: Best) -> str:
        """The best student by validation of those as fast; empty without any."""
        ms = {name: fmean(getattr(row, self.latency) for row in rows) for name, rows in best.items()}
        as_fast = [name for name in best if name != self.student and ms[name] <= ms[self.student]]
        return max(as_fast, key=lambda name: fmean(row.valid_f1 or 0.0 for row in best[name]), default="")


def _same_but_student(row: Row) -> Hashable:
    return pairing(row), row.setting, row.rate_from, row.machine


def _timed_together(runs: ComparableRuns, latency: str) -> list[Best]:
    """Students timed on one machine, by data set, teacher and training budget."""
    groups: dict[Hashable, dict[str, Runs]] = defaultdict(lambda: defaultdict(list))
    for row in runs.rows:
        if getattr(row, latency):
            group = row.dataset, row.teacher_key or row.teacher, row.budget, row.machine
            groups[group][row.student].append(row)
    return [
        {name: chosen for name, rows in students.items() for chosen in chosen_rows(rows).values()}
        for students in groups.values()
    ]
