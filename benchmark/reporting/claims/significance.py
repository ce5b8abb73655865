"""Significance of several claims at once: p values of their effects, corrected by Holm."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from benchmark.reporting.bootstrap import CONFIDENCE, TAIL
from benchmark.reporting.leaderboard_entry import Interval

ALPHA = 1 - CONFIDENCE
MOST_PAIRS = 10_000


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
