"""What claims on cost compare: files and milliseconds of one student, and F1 against the milliseconds of others."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import log
from statistics import fmean

from benchmark.core.spec import Task
from benchmark.reporting.claims.pairs import (
    STUDENTS,
    Evidence,
    Sample,
    Scale,
    Value,
    f1_per_ms,
    lacking,
    merged,
    paired,
    points,
    terms,
)
from benchmark.reporting.claims.paper import Latency, best_f1, f1_by_setting, milliseconds
from benchmark.reporting.results import Row
from benchmark.reporting.selection import chosen_rows

BERTS = ("bert_mini", "bert_small")
"""What the paper holds its BiLSTM and CNN against."""
Best = Mapping[str, list[Row]]
"""Rows of each student's best configuration, one a seed."""


@dataclass(frozen=True, kw_only=True)
class Shrinking:
    """How many times a student's `after` is below its `before`. Seeds and settings change neither."""

    before: str
    after: str
    paper: Callable[[], Mapping[str, float]]
    """The paper's ratios by student."""
    scale: Scale = "times"

    @property
    def needs(self) -> str:
        return f"measured {self.before} and {self.after}"

    def ours(self, evidence: Evidence) -> Sample:
        measured = ((row, getattr(row, self.before), getattr(row, self.after)) for row in evidence.rows)
        return Sample(
            values=merged(
                Value(dataset=row.dataset, student=row.student, seed=None, amount=log(before / after))
                for row, before, after in measured
                if before and after and row.student in STUDENTS
            )
        )

    def papers(self, task: Task) -> Sample:
        """Table 8 is of texts to classify."""
        ratios = self.paper() if task == "classification" else {}
        values = (Value(dataset="", student=s, seed=None, amount=log(ratio)) for s, ratio in ratios.items())
        return Sample(values=tuple(values))


@dataclass(frozen=True, kw_only=True)
class PerMillisecond:
    """How many times the F1 a millisecond of the small BERTs a student keeps, setting by setting."""

    student: str
    scale: Scale = "times"

    @property
    def needs(self) -> str:
        return f"measured latencies of {', '.join((self.student, *BERTS))}"

    def ours(self, evidence: Evidence) -> Sample:
        own = evidence.of_student(self.student)
        pairs = {name: paired(own, evidence.of_student(name), f1_per_ms, _alike_but_for_student) for name in BERTS}
        return _over_rivals(pairs)

    def papers(self, task: Task) -> Sample:
        f1, ms = f1_by_setting(task), milliseconds(task, "latency_onnx_ms")
        per_ms = {key: log(score / ms[key[0]]) for key, score in f1.items()}
        own = {key[1:]: value for key, value in per_ms.items() if key[0] == self.student}
        pairs = {
            rival: [
                Value(dataset=key[1], student=self.student, seed=None, amount=value - per_ms[rival, *key])
                for key, value in own.items()
                if (rival, *key) in per_ms
            ]
            for rival in BERTS
        }
        return _over_rivals(pairs)


@dataclass(frozen=True, kw_only=True)
class Front:
    """By how much a student is above the best of those that are as fast: above all of them, it is on the front.

    Each student in its best setting, and the best of them, by validation.
    """

    student: str
    latency: Latency = "latency_onnx_ms"
    scale: Scale = "points"

    @property
    def needs(self) -> str:
        return f"measured {self.latency} of {self.student} and of every other student"

    def ours(self, evidence: Evidence) -> Sample:
        contests = [best for best in _contests(evidence, self.latency) if self.student in best]
        found = [self._ahead(best) for best in contests]
        known = {name for best in contests for name in best}
        values = [value for lead in found for value in lead.values]
        rivals = list(dict.fromkeys(lead.note for lead in found if lead.note))
        return self._sample(rivals, known, values)

    def papers(self, task: Task) -> Sample:
        best, ms = best_f1(task), milliseconds(task, self.latency)
        rival = self._nearest(ms, {name: fmean(scores.values()) for name, scores in best.items()})
        own, theirs = best[self.student], best.get(rival, {})
        leads = [Value(dataset=d, student=self.student, seed=None, amount=own[d] - f1) for d, f1 in theirs.items()]
        return self._sample([rival] if rival else [], set(ms), leads)

    def _ahead(self, best: Best) -> Sample:
        """On one data set; the note names the rival."""
        ms = {name: fmean(getattr(row, self.latency) for row in rows) for name, rows in best.items()}
        rival = self._nearest(ms, {name: fmean(row.valid_f1 or 0.0 for row in rows) for name, rows in best.items()})
        own, theirs = best[self.student], best.get(rival, [])
        return Sample(values=paired(own, theirs, points, lambda row: row.seed), note=rival)

    def _nearest(self, ms: Mapping[str, float], merit: Mapping[str, float]) -> str:
        """The best of those that are at least as fast; empty where none is."""
        as_fast = [name for name in ms if name != self.student and ms[name] <= ms[self.student]]
        return max(as_fast, key=merit.__getitem__, default="")

    def _sample(self, rivals: list[str], known: set[str], values: list[Value]) -> Sample:
        others = [name for name in STUDENTS if name != self.student]
        missing = [name for name in others if name not in known]
        if not known - {self.student}:
            return Sample()
        note = f"against {' and '.join(rivals)}, the best of those as fast" if rivals else "no student is as fast"
        return Sample(values=merged(values), note=note + lacking(missing), partial=bool(missing), unrivalled=not rivals)


def _over_rivals(pairs: Mapping[str, tuple[Value, ...] | list[Value]]) -> Sample:
    """The mean over rivals of each unit."""
    known = {rival: values for rival, values in pairs.items() if values}
    missing = [name for name in BERTS if name not in known]
    values = merged(value for found in known.values() for value in found)
    note = f"against {' and '.join(known)}{lacking(missing)}" if known else ""
    return Sample(values=values, note=note, partial=bool(missing))


def _alike_but_for_student(row: Row) -> Hashable:
    return terms(row), row.setting, row.rate_from, row.machine


def _contests(evidence: Evidence, latency: Latency) -> list[Best]:
    """Students that were timed on one machine, by data set, teacher and budget."""
    groups: dict[Hashable, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in evidence.rows:
        if getattr(row, latency):
            contest = row.dataset, row.teacher_key or row.teacher, row.budget, row.machine
            groups[contest][row.student].append(row)
    return [
        {name: chosen for name, rows in students.items() for chosen in chosen_rows(rows).values()}
        for students in groups.values()
    ]
