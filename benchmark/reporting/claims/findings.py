"""Findings: for every claim the effect in our runs, the effect in the paper's tables, and a verdict on each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.core.spec import Task
from benchmark.reporting.claims.effects import SHORT_WORDS, ComparableRuns, Effect, Sample, effect
from benchmark.reporting.claims.statements import CLAIMS, Claim
from benchmark.reporting.intervals import Expected, Verdict, interval
from benchmark.reporting.results import Row

PAIRS_RULE = (
    "A pair is two runs of one data set, student and seed that differ in the factor of the claim alone: teacher, data, "
    "code and training budget are the same. Several pairs of one data set, student and seed count once, as their mean. "
    "Runs of all presets count."
)
RATES_RULE = (
    "Each side stands at its own best learning rate by mean validation F1, as the paper's settings stand at the best "
    "of its grid; test F1 is never used. Only rates and seeds of both sides count: the rates with the most seeds in "
    "common. Given rates, grid searches and tuned rates are each compared with their own kind."
)
RULES = (
    PAIRS_RULE,
    RATES_RULE,
    "The effect is the mean paired difference with Student's 95 % interval, in points of F1 x100 or as a ratio "
    "(geometric mean; 1x is no effect). File sizes and latencies do not depend on the seed: there a pair is a student "
    "on a data set.",
    "A claim holds if the whole interval lies on its side of no effect, does not hold if it lies on the other, and is "
    "undecided otherwise. A claim of no improvement holds if the interval ends at or below no effect. A single pair "
    "has no interval: not enough runs.",
    "An interval covers its data sets only: seeds repeat the training, not the data, and the students of a data set "
    "share its teacher. One in twenty 95 % intervals misses by chance.",
    "A student is compared with its best competitor: one competitor can refute that it is ahead, only all of them can "
    "confirm it. Scores of students are compared within one training budget, each at the learning rate of most seeds, "
    "then of the best validation F1; effects may come from different budgets.",
    "For the Pareto front, a student is compared with the best student by validation F1 that is as fast; without one, "
    "it is on the front. Latencies are those of ONNX (Table 8 of the paper), for section 5.2.2 those of PyTorch "
    "(Table 7). For tagging the paper has PyTorch latencies only.",
    "Steps to the best are compared between converged runs: runs that ended by early stopping, not at their limit of "
    "steps or epochs.",
    "A run is tuned if its learning rate is the best of a finished tuning study of its task; it is compared with runs "
    "at the student's default rate or the grid's. The texts of a data set are short if those of its test split have at "
    f"most {SHORT_WORDS:g} words on average; in the paper, smltk and telco.",
    "The paper's figures are computed from its tables by the same rules; there a pair is a student on a data set, of "
    "single runs. Claims marked as ours extend the section.",
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A claim and its evidence. An effect is None without a single pair, or without a figure of the paper."""

    claim: Claim
    ours: Effect | None
    verdict: Verdict
    note: str
    paper: Effect | None
    paper_verdict: Verdict | None
    paper_here: float | None
    """The paper's mean effect over our students and data sets."""


def findings(rows: Sequence[Row], words: Mapping[str, float]) -> list[Finding]:
    """On every claim on the task of the rows; `words` is the mean number of words of a test text by data set."""
    return judge(CLAIMS, ComparableRuns.of(rows, words), [row.task for row in rows])


def judge(claims: Iterable[Claim], runs: ComparableRuns, tasks: Iterable[str]) -> list[Finding]:
    """On every claim that is made for one of the tasks."""
    present = set(tasks)
    first = ((claim, next((task for task in claim.tasks if task in present), None)) for claim in claims)
    return [_finding(claim, runs, task) for claim, task in first if task]


def _finding(claim: Claim, runs: ComparableRuns, task: Task) -> Finding:
    ours, paper = claim.comparison.sample(runs), claim.comparison.paper_sample(task)
    cells = {(one.student, one.dataset) for one in ours.differences}
    scale = claim.comparison.scale
    here = effect([one for one in paper.differences if (one.student, one.dataset) in cells], scale)
    stated = None if claim.paper_effect is None else Effect(mean=claim.paper_effect)
    return Finding(
        claim=claim,
        ours=effect(ours.differences, scale),
        verdict=_verdict(ours, claim.expects),
        note=ours.note,
        paper=effect(paper.differences, scale) or stated,
        paper_verdict=_verdict(paper, claim.expects) if paper.differences or paper.uncontested else None,
        paper_here=here.mean if here else None,
    )


def _verdict(sample: Sample, expects: Expected) -> Verdict:
    """A lead over some of the competitors decides nothing."""
    if sample.uncontested:
        return "not enough runs" if sample.incomplete else "holds" if expects == "above" else "does not hold"
    found = interval([one.amount for one in sample.differences])
    if found is None or (sample.incomplete and (found.low or 0.0) > 0):
        return "not enough runs"
    return found.verdict(expects)
