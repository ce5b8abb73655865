"""A mean with its interval: what a few seeds allow to be said, and what they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from scipy.stats import t as student_t

CONFIDENCE = 0.95
Verdict = Literal["holds", "does not hold", "undecided", "not enough runs"]


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
        if self.low is None or self.high is None:
            return "not enough runs"
        return "holds" if self.low > 0 else "does not hold" if self.high < 0 else "undecided"


def interval(values: Sequence[float]) -> Interval | None:
    """Of independent repetitions; None where there is none."""
    if not values:
        return None
    mean, n = fmean(values), len(values)
    if n == 1:
        return Interval(mean=mean, low=None, high=None, n=1)
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, n - 1)) * stdev(values) / n**0.5
    return Interval(mean=mean, low=mean - half, high=mean + half, n=n)
