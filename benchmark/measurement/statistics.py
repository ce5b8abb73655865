"""Which of two models is faster, and whether the session can tell at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.measurement.protocol import Samples

RESAMPLES = 2000
CONFIDENCE = (2.5, 97.5)
"""Percentiles that bound an interval."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with its bootstrap interval over rounds."""

    value: float
    low: float
    high: float

    @property
    def includes_1(self) -> bool:
        return self.low <= 1 <= self.high


@dataclass(frozen=True, kw_only=True)
class Control:
    """One model under two names. Where the interval leaves 1, nothing that the session says counts."""

    ratio: Estimate
    noise_floor: float
    """The largest factor between the two names in any round: no smaller difference means anything."""

    @property
    def passed(self) -> bool:
        return self.ratio.includes_1


def speed_up(baseline: Samples, case: Samples) -> Estimate:
    """How many times as fast as `baseline`: the median of the rounds' ratios of medians."""
    return _bootstrapped_median(baseline.round_medians / case.round_medians)


def median_ms(samples: Samples) -> Estimate:
    """The median of all samples, with an interval from the rounds' medians."""
    rounds = _bootstrapped_median(samples.round_medians)
    return Estimate(value=float(np.median(samples.passes)), low=rounds.low, high=rounds.high)


def control(one: Samples, same: Samples) -> Control:
    ratios = one.round_medians / same.round_medians
    return Control(ratio=_bootstrapped_median(ratios), noise_floor=float(np.exp(np.abs(np.log(ratios)).max())))


def verdict(ratio: Estimate, noise_floor: float) -> str:
    """faster or slower where the interval excludes 1 and the factor exceeds the noise floor; else same."""
    if ratio.includes_1 or max(ratio.value, 1 / ratio.value) <= noise_floor:
        return "same"
    return "faster" if ratio.value > 1 else "slower"


def _bootstrapped_median(rounds: NDArray[np.float64]) -> Estimate:
    drawn = np.random.default_rng(0).choice(rounds, (RESAMPLES, len(rounds)))
    low, high = np.percentile(np.median(drawn, axis=1), CONFIDENCE)
    return Estimate(value=float(np.median(rounds)), low=float(low), high=float(high))
