"""Findings on the claims: effects in our runs and in the paper's tables, their significance together, and verdicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from benchmark.core.spec import TASKS, Task
from benchmark.reporting.bootstrap import CONFIDENCE, TAIL
from benchmark.reporting.claims.effects import ComparableRuns, Effect, Sample, Scale, effect
from benchmark.reporting.claims.statements import CLAIMS, Claim, Expected
from benchmark.reporting.leaderboard_entry import Interval
from benchmark.reporting.paper import paper_datasets
from benchmark.reporting.results import Row
from benchmark.reporting.table import NONE, significant

Verdict = Literal["holds", "does not hold", "undecided", "not enough runs"]
ALPHA = 1 - CONFIDENCE
MOST_PAIRS = 10_000
LARGE_RATIO = 1e4
"""Ratios from here on are written with an exponent."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A claim and its evidence. An effect is None without a single pair, or without a value in the paper."""

    claim: Claim
    ours: Effect | None
    verdict: Verdict
    note: str
    paper: Effect | None
    paper_verdict: Verdict | None
    paper_here: float | None
    """The paper's mean effect over our students and data sets."""
    p: float | None = None
    """Two-sided p of our effect, corrected for the number of claims (Holm); None without an interval."""
    paper_p: float | None = None
    evidence: Interval | None = None
    """Our effect on the scale on which differences are added: points, or logarithms of ratios."""
    more_pairs: int | None = None
    """Of an undecided claim: further pairs that would decide it, were mean and spread to stay; None: too many."""

    @property
    def section_text(self) -> str:
        return f"{self.claim.section}{'' if self.claim.source == 'paper' else ' (ours)'}"

    @property
    def verdict_text(self) -> str:
        """Verdict, with the data set if there is only one: it does not extend to others."""
        datasets = self.ours.datasets if self.ours and self.verdict != "not enough runs" else ()
        return f"{self.verdict} on {datasets[0]}" if len(datasets) == 1 else self.verdict

    @property
    def ours_text(self) -> str:
        return _effect_text(self.ours, self.claim.comparison.scale)

    @property
    def paper_text(self) -> str:
        return _effect_text(self.paper, self.claim.comparison.scale)

    @property
    def paper_here_text(self) -> str:
        """The paper's effect on our data sets; empty if that is its overall effect."""
        if self.paper_here is None or self.paper is None or self.paper_here == self.paper.mean:
            return ""
        return _number(self.paper_here, self.claim.comparison.scale)

    @property
    def more_pairs_text(self) -> str:
        if self.verdict != "undecided":
            return ""
        return f"over {MOST_PAIRS:,}" if self.more_pairs is None else f"{self.more_pairs:,}"

    @property
    def pairs_text(self) -> str:
        """Number of pairs, data sets, students and seeds."""
        if self.ours is None:
            return "0"
        counts = {"data set": len(self.ours.datasets), "student": len(self.ours.students), "seed": self.ours.n_seeds}
        return f"{self.ours.n_pairs} ({', '.join(count(n, word) for word, n in counts.items() if n or word != 'seed')})"


def findings(rows: Sequence[Row], words: Mapping[str, float]) -> list[Finding]:
    """Findings on the claims on the rows' task; none without the paper's data. `words` of a test text by data set."""
    if not any(row.dataset in paper_datasets(task) for row in rows for task in TASKS):
        return []
    return judge(CLAIMS, ComparableRuns.of(rows, words), [row.task for row in rows])


def judge(claims: Iterable[Claim], runs: ComparableRuns, tasks: Iterable[str]) -> list[Finding]:
    """Findings on every claim that is made for one of the tasks."""
    present = set(tasks)
    first = ((claim, next((task for task in claim.tasks if task in present), None)) for claim in claims)
    found = [_finding(claim, runs, task) for claim, task in first if task]
    ours, papers = holm([one.p for one in found]), holm([one.paper_p for one in found])
    n_tested = sum(one.p is not None for one in found)
    return [_corrected(one, p, paper_p, n_tested) for one, p, paper_p in zip(found, ours, papers, strict=True)]


def _corrected(finding: Finding, p: float | None, paper_p: float | None, n_tested: int) -> Finding:
    """The finding with p values of all claims together, by which fewer are decided."""
    ours, papers = _undecided(finding.verdict, p) or finding.verdict, _undecided(finding.paper_verdict, paper_p)
    more = more_pairs(finding.evidence, n_tested) if ours == "undecided" else None
    return replace(finding, p=p, paper_p=paper_p, verdict=ours, paper_verdict=papers, more_pairs=more)


def _undecided(verdict: Verdict | None, p: float | None) -> Verdict | None:
    return "undecided" if p is not None and p >= ALPHA and verdict in ("holds", "does not hold") else verdict


def _finding(claim: Claim, runs: ComparableRuns, task: Task) -> Finding:
    ours, paper = (claim.comparison.sample(those) for those in (runs, claim.paper_runs(task)))
    cells = {(one.student, one.dataset) for one in ours.differences}
    scale = claim.comparison.scale
    here = effect([one for one in paper.differences if (one.student, one.dataset) in cells], scale)
    stated = None if claim.paper_effect is None else Effect(mean=claim.paper_effect)
    return Finding(
        claim=claim,
        ours=effect(ours.differences, scale),
        verdict=_sample_verdict(ours, claim.expects),
        note=ours.note,
        paper=effect(paper.differences, scale) or stated,
        paper_verdict=_sample_verdict(paper, claim.expects) if paper.differences or paper.uncontested else None,
        paper_here=here.mean if here else None,
        evidence=ours.interval,
        p=p_value(ours.interval),
        paper_p=p_value(paper.interval),
    )


def _sample_verdict(sample: Sample, expects: Expected) -> Verdict:
    """A lead over some of the competitors decides nothing."""
    if sample.uncontested:
        return "not enough runs" if sample.incomplete else "holds" if expects == "above" else "does not hold"
    found = sample.interval
    if found is None or (sample.incomplete and (found.low or 0.0) > 0):
        return "not enough runs"
    return verdict(found, expects)


def verdict(mean: Interval, expects: Expected) -> Verdict:
    """Decided only if the whole interval lies on one side of 0."""
    if mean.low is None or mean.high is None:
        return "not enough runs"
    holds = {"above": mean.low > 0, "below": mean.high < 0, "not above": mean.high <= 0}
    refuted = mean.high < 0 if expects == "above" else mean.low > 0
    return "holds" if holds[expects] else "does not hold" if refuted else "undecided"


def p_value(found: Interval | None) -> float | None:
    """Two-sided p of Student's t that the mean is 0; None without an interval."""
    if found is None or found.high is None:
        return None
    freedom, half_width = found.n - 1, found.high - found.mean
    if half_width == 0:
        return 0.0 if found.mean else 1.0
    t = abs(found.mean) / half_width * float(stdtrit(freedom, 1 - TAIL))
    return 2 * float(stdtr(freedom, -t))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values, each at least the given one; None stays None and is of no family.

    Source: Holm, 1979 (https://www.jstor.org/stable/4615733).
    """
    adjusted: list[float | None] = [None] * len(p_values)
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for number, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - number) * p))
        adjusted[place] = highest
    return adjusted


def more_pairs(found: Interval | None, n_claims: int) -> int | None:
    """Further pairs that make the mean significant among `n_claims` (Bonferroni), were it and its spread to stay.

    None without an interval, or if MOST_PAIRS are not enough.
    """
    if found is None or found.high is None:
        return None
    deviation = (found.high - found.mean) * sqrt(found.n) / float(stdtrit(found.n - 1, 1 - TAIL))
    n_pairs = np.arange(found.n, MOST_PAIRS + 1)
    t = np.divide(abs(found.mean) * np.sqrt(n_pairs), deviation, out=np.full(len(n_pairs), np.inf), where=deviation > 0)
    enough = np.flatnonzero(2 * stdtr(n_pairs - 1, -t) * n_claims < ALPHA)
    return int(enough[0]) if len(enough) else None


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _effect_text(effect: Effect | None, scale: Scale) -> str:
    if effect is None:
        return NONE
    if effect.low is None or effect.high is None:
        return _number(effect.mean, scale)
    return f"{_number(effect.mean, scale)} [{_number(effect.low, scale)}, {_number(effect.high, scale)}]"


def _number(value: float, scale: Scale) -> str:
    if scale == "points":
        return f"{value:+.2f}"
    return f"{value:.1e}x" if value >= LARGE_RATIO else f"{significant(value)}x"
