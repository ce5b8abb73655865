"""Student's confidence intervals of means, and the verdicts that they allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Literal

from scipy.special import stdtrit

CONFIDENCE = 0.95
Verdict = Literal["holds", "does not hold", "undecided", "not enough runs"]
Expected = Literal["above", "below", "not above"]
"""Where a claim puts the mean relative to 0."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its two-sided 95 % interval (Student's t); without bounds for a single value."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def verdict(self, expected: Expected) -> Verdict:
        """Decided only if the whole interval lies on one side of 0."""
        if self.low is None or self.high is None:
            return "not enough runs"
        holds = {"above": self.low > 0, "below": self.high < 0, "not above": self.high <= 0}
        refuted = self.high < 0 if expected == "above" else self.low > 0
        return "holds" if holds[expected] else "does not hold" if refuted else "undecided"


def interval(values: Sequence[float]) -> Interval | None:
    """Of independent repetitions; None without values."""
    if not values:
        return None
    mean, margin = fmean(values), half_width(values)
    if margin is None:
        return Interval(mean=mean, low=None, high=None, n=1)
    return Interval(mean=mean, low=mean - margin, high=mean + margin, n=len(values))


def half_width(values: Sequence[float]) -> float | None:
    """Half the width of the interval of the mean; None for fewer than two values."""
    n = len(values)
    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / sqrt(n) if n > 1 else None
