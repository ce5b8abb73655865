"""A mean with its interval: what a few runs allow to be said, and what they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Literal

from scipy.special import stdtrit

CONFIDENCE = 0.95
Verdict = Literal["holds", "does not hold", "undecided", "not enough runs"]
Expected = Literal["above", "below", "not above"]
"""Where a claim has an effect: above no effect, below it, or at it and below."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and Student's two-sided 95 % interval for it; without bounds where there is one value only."""

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def verdict(self) -> Verdict:
        """On the claim that the mean is above 0."""
        return self.verdict_on("above")

    def verdict_on(self, expected: Expected) -> Verdict:
        """Decided only where the whole interval lies on one side of 0."""
        if self.low is None or self.high is None:
            return "not enough runs"
        held = {"above": self.low > 0, "below": self.high < 0, "not above": self.high <= 0}
        lost = self.high < 0 if expected == "above" else self.low > 0
        return "holds" if held[expected] else "does not hold" if lost else "undecided"


def interval(values: Sequence[float]) -> Interval | None:
    """Of independent repetitions; None where there is none."""
    if not values:
        return None
    mean, margin = fmean(values), half_width(values)
    if margin is None:
        return Interval(mean=mean, low=None, high=None, n=1)
    return Interval(mean=mean, low=mean - margin, high=mean + margin, n=len(values))


def half_width(values: Sequence[float]) -> float | None:
    """Half the width of the interval of their mean; None for fewer than two."""
    n = len(values)
    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / sqrt(n) if n > 1 else None
