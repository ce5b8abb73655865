"""What claims on who is ahead compare: a student with the nearest of the others."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from benchmark.core.spec import Task
from benchmark.reporting.claims.kinds import Gain
from benchmark.reporting.claims.pairs import (
    STUDENTS,
    Evidence,
    Sample,
    Scale,
    Value,
    conditions,
    lacking,
    paired,
    points,
    terms,
)
from benchmark.reporting.claims.paper import f1_by_setting
from benchmark.reporting.results import Row
from benchmark.reporting.selection import chosen_rows


@dataclass(frozen=True, kw_only=True)
class Lead:
    """By how much a student's gain is above that of the rival who gained most of the gain's other students."""

    gain: Gain
    student: str
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"{self.gain.needs}{' of every student' if self.gain.students == STUDENTS else ''}"

    def ours(self, evidence: Evidence) -> Sample:
        return self._ahead(self.gain.ours(evidence).values)

    def papers(self, task: Task) -> Sample:
        return self._ahead(self.gain.papers(task).values)

    def _ahead(self, gains: Iterable[Value]) -> Sample:
        by_student: dict[str, dict[Hashable, Value]] = defaultdict(dict)
        for value in gains:
            by_student[value.student][value.dataset, value.seed] = value
        own, rivals = by_student[self.student], [name for name in self.gain.students if name != self.student]
        leads = {rival: _differences(own, by_student[rival]) for rival in rivals}
        return _over_nearest(leads, "who gains most of the others")


@dataclass(frozen=True, kw_only=True)
class Order:
    """By how much a student is above the best of its rivals in one setting, each at its best rate by validation."""

    student: str
    rivals: tuple[str, ...]
    setting: str = "vanilla"
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"{self.setting} of {', '.join((self.student, *self.rivals))}, within the same bounds of training"

    def ours(self, evidence: Evidence) -> Sample:
        own = self._at_best(evidence, self.student)
        leads = {rival: paired(own, self._at_best(evidence, rival), points, _fair) for rival in self.rivals}
        return _over_nearest(leads, "the best of the others")

    def papers(self, task: Task) -> Sample:
        f1 = f1_by_setting(task)
        own = {key[2]: score for key, score in f1.items() if key[:2] == (self.student, self.setting)}
        leads = {
            rival: [
                Value(dataset=name, student=self.student, seed=None, amount=score - f1[rival, self.setting, name])
                for name, score in own.items()
            ]
            for rival in self.rivals
        }
        return _over_nearest(leads, "the best of the others")

    def _at_best(self, evidence: Evidence, student: str) -> list[Row]:
        """Of each conditions the runs of one configuration: of most seeds, then the best on validation."""
        series: dict[Hashable, list[Row]] = defaultdict(list)
        for row in evidence.of_student(student):
            if row.setting == self.setting:
                series[conditions(row), row.rate_from].append(row)
        return [row for rows in series.values() for chosen in chosen_rows(rows).values() for row in chosen]


def _fair(row: Row) -> Hashable:
    return terms(row), row.rate_from


def _differences(own: Mapping[Hashable, Value], theirs: Mapping[Hashable, Value]) -> list[Value]:
    """Where both have a value."""
    return [replace(own[key], amount=own[key].amount - theirs[key].amount) for key in own if key in theirs]


def _over_nearest(leads: Mapping[str, Sequence[Value]], told: str) -> Sample:
    """The lead over the rival over whom it is least; a single rival needs no note."""
    known = {rival: values for rival, values in leads.items() if values}
    if not known:
        return Sample()
    nearest = min(known, key=lambda rival: fmean(value.amount for value in known[rival]))
    missing = [rival for rival in leads if rival not in known]
    note = f"against {nearest}, {told}{lacking(missing)}" if len(leads) > 1 else ""
    return Sample(values=tuple(known[nearest]), note=note, partial=bool(missing))
