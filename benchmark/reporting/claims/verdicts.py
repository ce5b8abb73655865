"""What our runs say of each claim, and what the paper's own tables say by the same rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from benchmark.reporting.claims.claim import Claim
from benchmark.reporting.claims.pairs import SHORT_WORDS, Evidence, Sample, Scale, Value
from benchmark.reporting.claims.statements import CLAIMS
from benchmark.reporting.intervals import Expected, Interval, Verdict, interval
from benchmark.reporting.results import Row

MOST = 700.0
"""The largest logarithm that is shown as a number."""
RULES = (
    "A pair is two runs of one data set, student and seed that differ in what the claim is about and in nothing else: "
    "one teacher, the same data, code and bounds of training. Several pairs of one data set, student and seed count "
    "once, as their mean. Runs of all presets count.",
    "Where both sides were given several learning rates, those that both have with the most seeds compete, and each "
    "side stands at the one of its best mean validation F1 over these seeds, as the paper's settings stand at the best "
    "of its grid; test F1 is never looked at. Rates that a grid or a study chose compare with their like.",
    "The effect is the mean over pairs with Student's 95 % interval: points of F1 x100, or times (geometric mean), "
    "where 1 is no effect. Files and milliseconds depend on the student and the data set alone: there a pair is one of "
    "those, whatever its seeds.",
    "A claim holds where the whole interval lies on its side of no effect, and does not hold where it lies on the "
    "other; it is undecided where the interval reaches over. A claim that something does not help holds where the "
    "interval ends at no effect or below. One pair has no interval: not enough runs.",
    "An interval speaks of the data sets that it is made of: seeds repeat the training and not the data, and students "
    "of one data set share its teacher. Of twenty such intervals one misses by chance.",
    "Who gains most, and who is better than several others, is asked against the nearest of the others: any one of "
    "them can show a student to be behind, only all of them ahead. Gains may be of other bounds of training; scores of "
    "students compare within the same, each at the learning rate of most seeds, then of the best validation F1.",
    "Whether a student is on the Pareto front is asked against the best student, by validation, that is as fast; where "
    "none is, it is on it. Milliseconds are those of ONNX (the paper's of Table 8), for what section 5.2.2 says those "
    "of PyTorch (Table 7); of tags the paper has none but those of PyTorch.",
    "Steps to the best are compared where both trainings converged: they ended because their patience was spent, not "
    "because their bound of steps or epochs was.",
    "A run is tuned where its learning rate is the best of a finished study of what it is taught; it is compared with "
    "runs at the student's own rate or the grid's. Texts of a data set are short where those of its test split have at "
    f"most {SHORT_WORDS:g} words on average; the paper names smltk and telco.",
    "The paper's figures are computed from its tables by the same rule, a pair being a student on a data set, each of "
    "a single run. Claims marked as ours are not the paper's: they ask on where the section named stops.",
)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """In points of F1 x100, or in times. The bounds of its 95 % interval are None for a single pair."""

    mean: float
    low: float | None = None
    high: float | None = None
    n_pairs: int = 0
    n_seeds: int = 0
    """0 where seeds play no part."""
    datasets: tuple[str, ...] = ()
    students: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A claim with what became of it. None where there is not one pair, or where the paper gives no figure."""

    claim: Claim
    ours: Effect | None
    verdict: Verdict
    note: str
    paper: Effect | None
    paper_verdict: Verdict | None
    paper_here: float | None
    """The paper's mean over the students and data sets that ours is of."""


def findings(rows: Sequence[Row], words: Mapping[str, float]) -> list[Finding]:
    """On each claim that is made for the task of these rows; `words` are mean words of a text by data set."""
    evidence = Evidence.of(rows, words)
    tasks = {row.task for row in rows}
    return [_finding(claim, evidence, tasks) for claim in CLAIMS if tasks & set(claim.tasks)]


def _finding(claim: Claim, evidence: Evidence, tasks: set[str]) -> Finding:
    task = next(task for task in claim.tasks if task in tasks)
    ours, papers = claim.kind.ours(evidence), claim.kind.papers(task)
    known = {(value.student, value.dataset) for value in ours.values}
    here = [value for value in papers.values if (value.student, value.dataset) in known]
    shared = _effect(here, claim.kind.scale)
    return Finding(
        claim=claim,
        ours=_effect(ours.values, claim.kind.scale),
        verdict=_verdict(ours, claim.expects),
        note=ours.note,
        paper=_effect(papers.values, claim.kind.scale) or _quoted(claim),
        paper_verdict=_verdict(papers, claim.expects) if papers.values or papers.unrivalled else None,
        paper_here=shared.mean if shared else None,
    )


def _verdict(sample: Sample, expects: Expected) -> Verdict:
    """Nothing rests on a lead over some of the rivals."""
    if sample.unrivalled:
        return "not enough runs" if sample.partial else "holds" if expects == "above" else "does not hold"
    found = _interval(sample.values)
    if found is None or (sample.partial and (found.low or 0.0) > 0):
        return "not enough runs"
    return found.verdict_on(expects)


def _effect(values: Sequence[Value], scale: Scale) -> Effect | None:
    found = _interval(values)
    if found is None:
        return None
    return Effect(
        mean=_shown(found.mean, scale),
        low=None if found.low is None else _shown(found.low, scale),
        high=None if found.high is None else _shown(found.high, scale),
        n_pairs=found.n,
        n_seeds=len({value.seed for value in values} - {None}),
        datasets=tuple(dict.fromkeys(value.dataset for value in values if value.dataset)),
        students=tuple(dict.fromkeys(value.student for value in values)),
    )


def _interval(values: Sequence[Value]) -> Interval | None:
    return interval([value.amount for value in values])


def _shown(amount: float, scale: Scale) -> float:
    return amount if scale == "points" else exp(min(amount, MOST))


def _quoted(claim: Claim) -> Effect | None:
    return None if claim.quoted is None else Effect(mean=claim.quoted)
