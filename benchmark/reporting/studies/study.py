"""A study's conditions and effects, from rows of the results: study.csv, effects.csv and study.md."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import cast

from benchmark.core.cache import write_text
from benchmark.core.spec import TASKS, RunSpec, Task, digest
from benchmark.reporting import notes
from benchmark.reporting.claims.claims_table import TEXTS, write_claims
from benchmark.reporting.claims.effects import ComparableRuns, Runs, at_best_rates
from benchmark.reporting.claims.findings import Finding, judge
from benchmark.reporting.claims.statements import PAIRS_RULE, RATES_RULE
from benchmark.reporting.leaderboard_entry import interval
from benchmark.reporting.paper import paper_discussion_f1, paper_f1
from benchmark.reporting.results import Row
from benchmark.reporting.studies.experiments import EXPERIMENTS, Experiment, contrast_of
from benchmark.reporting.table import NONE, Column, Table, field_columns, markdown_table, markdown_text, write_csv
from tracking import Record

REPETITIONS = ("seed", "search_seed", "learning_rate", "teacher")
"""Fields in which the runs of a condition differ; the teacher's name may be a path."""
NOTES = (*notes("study"), PAIRS_RULE, RATES_RULE)


@dataclass(frozen=True, kw_only=True)
class ConditionResult:
    """A condition on one data set and student; the fields are the columns of study.csv. F1 in 0..1."""

    study: str
    condition: str
    dataset: str
    student: str
    mean_f1: float
    f1_low: float | None
    f1_high: float | None
    """95 % interval over seeds; None for a single seed."""
    n_seeds: int
    n_texts: int | None
    """Training texts, labelled and unlabelled; mean over seeds."""
    label_count_std: float | None
    """Mean over seeds."""
    paper_f1: float | None
    steps_to_best: float | None
    """Mean over seeds."""
    paper_dataset: str
    """Data set of `paper_f1`: this one for Tables 5 and 6, else the experiment's."""
    learning_rate: float | None
    """None if a grid or a tuning study chose a rate for each seed."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """An experiment with its results."""

    name: str
    conditions: Sequence[ConditionResult]
    rows: Sequence[Row]
    """The runs of `conditions`."""
    findings: Sequence[Finding]

    @property
    def experiment(self) -> Experiment:
        return EXPERIMENTS[self.name]

    @property
    def summary(self) -> list[str]:
        """A sentence for each claim."""
        return [_sentence(finding) for finding in self.findings]


def alike(specs: Iterable[RunSpec], records: Iterable[Record]) -> set[str]:
    """Keys of the stored runs that differ from the planned ones in seed and learning rate alone."""
    planned = {_series(spec) for spec in specs}
    complete = (record for record in records if RunSpec.is_readable(record.params))
    return {record.key for record in complete if _series(RunSpec.read(record.params)) in planned}


def _series(spec: RunSpec) -> str:
    return digest({name: value for name, value in spec.key_fields().items() if name not in REPETITIONS})


def study(name: str, rows: Sequence[Row], keys: Set[str]) -> Study:
    """Results of an experiment from the suite's rows; `keys` are those of the runs of its conditions."""
    experiment = EXPERIMENTS[name]
    finished = [row for row in rows if row.status == "finished" and row.test_f1 is not None and not row.is_teacher]
    conditions = _at_best(experiment, [row for row in finished if row.key in keys])
    shown = [row for runs in conditions.values() for row in runs]
    return Study(
        name=name,
        conditions=[_condition(name, condition, runs) for (_, _, condition), runs in conditions.items()],
        rows=shown,
        findings=_findings(experiment, shown, ComparableRuns.of(rows, {})),
    )


def _findings(experiment: Experiment, shown: Sequence[Row], comparable: ComparableRuns) -> list[Finding]:
    """Findings on each claim over all students, then over each that has pairs of runs; on their data sets."""
    students = tuple(dict.fromkeys(row.student for row in shown))
    datasets = {row.dataset for row in shown}
    runs = replace(comparable, rows=[row for row in comparable.rows if row.dataset in datasets])
    found = judge(experiment.claims_on(students), runs, [row.task for row in shown] or TASKS)
    return [one for one in found if one.ours or contrast_of(one.claim).students == students]


def _at_best(experiment: Experiment, rows: Sequence[Row]) -> Mapping[tuple[str, str, str], Runs]:
    """Rows at the best rate of each data set, student and condition that has any."""
    by_cell: dict[tuple[str, str, str], Runs] = defaultdict(list)
    for row in rows:
        by_cell[row.dataset, row.student, row.setting].append(row)
    return {
        (dataset, student, condition): at_best_rates([runs])[0]
        for dataset, student in dict.fromkeys((row.dataset, row.student) for row in rows)
        for condition, setting in experiment.conditions.items()
        if (runs := by_cell[dataset, student, setting])
    }


def _condition(study: str, condition: str, rows: Sequence[Row]) -> ConditionResult:
    f1 = interval([row.test_f1 for row in rows if row.test_f1 is not None])
    assert f1, "rows of a condition have a score"
    n_texts, paper_f1, rates = _mean(rows, "n_texts"), _paper_f1(study, rows[0]), {row.learning_rate for row in rows}
    return ConditionResult(
        study=study,
        condition=condition,
        dataset=rows[0].dataset,
        student=rows[0].student,
        mean_f1=f1.mean,
        f1_low=f1.low,
        f1_high=f1.high,
        n_seeds=f1.n,
        n_texts=None if n_texts is None else round(n_texts),
        label_count_std=_mean(rows, "label_count_std"),
        paper_f1=paper_f1,
        steps_to_best=_mean(rows, "steps_to_best"),
        paper_dataset="" if paper_f1 is None else EXPERIMENTS[study].paper_dataset or rows[0].dataset,
        learning_rate=rates.pop() if len(rates) == 1 else None,
    )


def _paper_f1(study: str, row: Row) -> float | None:
    """The paper's F1 on the same data set, or on the experiment's, in 0..1."""
    if dataset := EXPERIMENTS[study].paper_dataset:
        points = paper_discussion_f1().get((row.student, row.setting, dataset))
    else:
        points = paper_f1(cast(Task, row.task)).get((row.student, row.setting, row.dataset))
    return None if points is None else points / 100


def _mean(rows: Iterable[Row], column: str) -> float | None:
    values = [value for row in rows if (value := getattr(row, column)) is not None]
    return fmean(values) if values else None


def write_study(folder: Path, study: Study, *sections: str) -> Path:
    """Writes study.csv, effects.csv and study.md, with more sections at its end; returns the path of study.md."""
    write_csv(folder / "study.csv", Table(columns=field_columns(ConditionResult), rows=study.conditions))
    write_claims(folder / "effects.csv", study.findings)
    parts = [
        f"# Study `{study.name}`: {markdown_text(study.experiment.title)}",
        markdown_table(Table(columns=COLUMNS, rows=study.conditions)),
        "## Effects",
        markdown_table(Table(columns=EFFECT_COLUMNS, rows=study.findings)),
        *map(markdown_text, NOTES),
        *sections,
    ]
    return write_text(folder / "study.md", "\n\n".join(filter(None, parts)).rstrip("\n") + "\n")


def _sentence(finding: Finding) -> str:
    if finding.ours is None:
        return f"{finding.claim.text}: {finding.verdict}."
    ours = f"{finding.verdict_text}, {finding.ours_text} over {finding.ours.n_pairs} pairs"
    paper = f"; the paper: {finding.paper_text}" if finding.paper else ""
    return f"{finding.claim.text} ({students_text(finding)}): {ours}{paper}."


def students_text(finding: Finding) -> str:
    return ", ".join(contrast_of(finding.claim).students) or NONE


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.2f}"


def _interval_text(row: ConditionResult) -> str:
    return NONE if row.f1_low is None else f"{_percent(row.f1_low)} to {_percent(row.f1_high)}"


def _paper_text(row: ConditionResult) -> str:
    elsewhere = f" (on {row.paper_dataset})" if row.paper_dataset not in ("", row.dataset) else ""
    return f"{_percent(row.paper_f1)}{elsewhere}"


COLUMNS = (
    Column[ConditionResult](name="data set", value=lambda it: it.dataset, kind=str),
    Column[ConditionResult](name="student", value=lambda it: it.student, kind=str),
    Column[ConditionResult](name="condition", value=lambda it: it.condition, kind=str),
    Column[ConditionResult](name="F1", value=lambda it: it.mean_f1, format=_percent),
    Column[ConditionResult](name="95 % interval", value=_interval_text, kind=str),
    Column[ConditionResult](name="seeds", value=lambda it: it.n_seeds),
    Column[ConditionResult](name="learning rate", value=lambda it: it.learning_rate, format="{:.3g}".format),
    Column[ConditionResult](name="texts", value=lambda it: it.n_texts),
    Column[ConditionResult](name="std", value=lambda it: it.label_count_std, format="{:.2f}".format),
    Column[ConditionResult](name="steps to best", value=lambda it: it.steps_to_best, format="{:.0f}".format),
    Column[ConditionResult](name="paper's F1", value=_paper_text),
)
EFFECT_COLUMNS = (TEXTS[0], Column[Finding](name="students", value=students_text, kind=str), *TEXTS[1:])
