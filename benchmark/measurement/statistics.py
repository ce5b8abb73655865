"""Statistics of latency samples: summaries, speed-ups with bootstrap intervals, and the control of a session."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.measurement.protocol import Samples

P95_MIN_SAMPLES = 130
P99_MIN_SAMPLES = 662
RESAMPLES = 2000
CONFIDENCE = (2.5, 97.5)
"""Percentiles that bound an interval."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its bootstrap interval over rounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Control:
    """A/A test: one model under two names. If the interval of their ratio excludes 1, the session is invalid."""

    ratio: Estimate
    noise_floor: float
    """The largest factor between the two names in any round; smaller differences are not significant."""

    @property
    def passed(self) -> bool:
        return self.ratio.low <= 1 <= self.ratio.high


def latency_summary(samples: Samples) -> dict[str, float | None]:
    """Metrics by the end of their name: median (`ms`) with the interval of the rounds' medians, mean, percentiles.

    `spread` is interquartile range / median; a percentile of too few samples is None.
    """
    ms, interval = samples.passes, _bootstrapped_median(samples.round_medians)
    quarter, middle, three_quarters = np.percentile(ms, [25, 50, 75])
    return {
        "ms": float(np.median(ms)),
        "low_ms": interval.low,
        "high_ms": interval.high,
        "mean_ms": float(ms.mean()),
        "p95_ms": float(np.percentile(ms, 95)) if ms.size >= P95_MIN_SAMPLES else None,
        "p99_ms": float(np.percentile(ms, 99)) if ms.size >= P99_MIN_SAMPLES else None,
        "spread": float((three_quarters - quarter) / middle),
        "n": ms.size,
    }


def speed_up(baseline: Samples, case: Samples) -> Estimate:
    """Speed of `case` relative to `baseline`: the median of the rounds' ratios of medians."""
    return _bootstrapped_median(baseline.round_medians / case.round_medians)


def control(one: Samples, same: Samples) -> Control:
    """Control of a session from the samples of one model under two names."""
    ratios = one.round_medians / same.round_medians
    return Control(ratio=_bootstrapped_median(ratios), noise_floor=float(np.exp(np.abs(np.log(ratios)).max())))


def is_slower(ratio: Estimate, noise_floor: float) -> bool:
    """Whether the interval of the speed-up lies below 1 and its factor exceeds the noise floor."""
    return ratio.high < 1 and 1 / ratio.value > noise_floor


def _bootstrapped_median(rounds: NDArray[np.float64]) -> Estimate:
    resampled = np.random.default_rng(0).choice(rounds, (RESAMPLES, len(rounds)))
    low, high = np.percentile(np.median(resampled, axis=1), CONFIDENCE)
    return Estimate(value=float(np.median(rounds)), low=float(low), high=float(high))
