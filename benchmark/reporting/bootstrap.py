"""Bootstrap of macro-F1 over test items: the same resamples for every model of a data set, so that differences pair.

F1 follows from counts, and the counts of a resample are those of the items, weighted by how often it draws each: all
resamples of a model are three products of matrices. A resample leaves out items of rare classes and repeats others, so
that its F1 lies lower on average: the draws are centred on the F1 of the split.
Sources: Berg-Kirkpatrick, Burkett and Klein, 2012 (https://aclanthology.org/D12-1091/); of the bias, Efron and
Tibshirani, 1993, chapter 10.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from math import sqrt
from statistics import NormalDist, variance
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from benchmark.data.entry import Metric
from benchmark.data.tags import IOBES, UNTYPED

N_RESAMPLES = 1000
CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
Z = NormalDist().inv_cdf(1 - TAIL)
TOLERANCE = 1e-9
"""Points of F1 by which equal means may differ in floating point."""
BLOCK = 4_000_000
"""Weights that are turned into floats at a time."""

Target = str | list[str]
"""The label of a text, or the tag of each word."""
Draws = NDArray[np.float64]
"""A value for each resample, [N_RESAMPLES]."""
Counts = NDArray[np.float32]
"""By item and class, or by resample and class."""
Unit = tuple[str, *tuple[int, ...]]
"""A label to be found: its class, then its place within the item."""


class Resampler:
    """F1 of any model's predictions of one data set, on its test split and on resamples of the split's items."""

    def __init__(self, metric: Metric, gold: Sequence[Target], name: str) -> None:
        """Items are texts or sentences; `name`, usually `suite/dataset`, seeds the draws."""
        self._metric: Metric = metric
        self._gold = [set(_units(metric, one)) for one in gold]
        classes = sorted({kind for units in self._gold for kind, *_ in units})
        self._places = {kind: place for place, kind in enumerate(classes)}
        self._weights = _weights(len(gold), crc32(name.encode()))
        self._n_gold = self._resampled(self._gold)

    def f1(self, predicted: Sequence[Target]) -> Draws:
        """Macro-F1 in 0..1, [1 + N_RESAMPLES]: that of the test split itself, then draws around it."""
        of_split, *_ = scores = self.uncentred(predicted)
        draws: Draws = np.clip(scores + of_split - scores[1:].mean(), 0, 1)
        draws[0] = of_split
        return draws

    def uncentred(self, predicted: Sequence[Target]) -> Draws:
        """As `f1`, with the F1 of each resample itself.

        The mean is over the classes that the gold labels of the split, or of the resample, have.
        """
        units = [set(_units(self._metric, one)) for one in predicted]
        hits = self._resampled([a & b for a, b in zip(self._gold, units, strict=True)])
        total = self._n_gold + self._resampled(units)
        scores = (2 * hits / np.maximum(total, 1)).astype(np.float64)
        means: Draws = scores.sum(axis=1) / np.maximum((self._n_gold > 0).sum(axis=1), 1)
        return means

    def _resampled(self, items: Sequence[Set[Unit]]) -> Counts:
        """Units of each class by resample; those of classes without a gold label are left out."""
        counts = np.zeros((len(items), len(self._places)), dtype=np.float32)
        for number, units in enumerate(items):
            for kind, n in Counter(kind for kind, *_ in units).items():
                if (place := self._places.get(kind)) is not None:
                    counts[number, place] = n
        return np.concatenate([block.astype(np.float32) @ counts for block in self._weights])


@lru_cache(maxsize=1)
def _weights(n_items: int, seed: int) -> list[NDArray[np.uint8]]:
    """How often each item is drawn, in blocks of resamples; the first resample is the split itself."""
    dice, shares = np.random.default_rng(seed), np.full(n_items, 1 / max(1, n_items))
    n_blocks = min(N_RESAMPLES, 1 + n_items * N_RESAMPLES // BLOCK)
    sizes = [len(block) for block in np.array_split(range(N_RESAMPLES), n_blocks)]
    return [np.ones((1, n_items), np.uint8), *(dice.multinomial(n_items, shares, n).astype(np.uint8) for n in sizes)]


def _units(metric: Metric, target: Target) -> Iterator[Unit]:
    """The label of a text, the tags of its words, or its entities; the class stands first."""
    if metric == "macro_f1":
        yield (str(target),)
    elif metric == "word_f1":
        yield from ((tag, place) for place, tag in enumerate(target))
    else:
        yield from entities(target)


def entities(tags: Sequence[str]) -> Iterator[Unit]:
    """(Type, first word, word after the last), as seqeval reads tags: an I- after no entity of its type begins one."""
    letter, kind, begin = "O", "", 0
    for place, tag in enumerate([*tags, "O"]):
        next_letter, next_kind = IOBES.get(tag[:1], tag[:1]), tag[2:] or UNTYPED
        if letter != "O" and (letter in "ES" or next_letter in "BSO" or kind != next_kind):
            yield kind, begin, place
        if next_letter != "O" and (next_letter in "BS" or letter in "OES" or kind != next_kind):
            begin = place
        letter, kind = next_letter, next_kind


@dataclass(frozen=True, kw_only=True)
class SeedError:
    """Squared standard errors of a mean over seeds, in points of F1 squared."""

    whole: float
    """Of the seeds as they vary, at least what the test items make of it."""
    added: float
    """What the seeds add to the error of the test items."""
    freedom: int
    """Degrees of freedom."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """A mean F1 with its errors: of the test items, shared by all models, and of the seeds, each model's own."""

    mean: float
    draws: Draws
    """The mean on each resample of the items."""
    seed_errors: Mapping[str, SeedError] = field(default_factory=dict)
    """By model; none of a single seed."""

    @classmethod
    def of(cls, mean: float, draws: Draws, by_seed: Sequence[float], draws_by_seed: Draws, model: str) -> "Estimate":
        """`draws_by_seed` is [n_seeds, N_RESAMPLES]: seeds differ by the test items too, which `draws` has already."""
        n = len(by_seed)
        if n < 2:
            return cls(mean=mean, draws=draws)
        by_items = float(np.var(draws_by_seed - draws_by_seed.mean(axis=0), axis=1).sum()) / (n - 1)
        whole = max(variance(by_seed), by_items)
        error = SeedError(whole=whole / n, added=(whole - by_items) / n, freedom=n - 1)
        return cls(mean=mean, draws=draws, seed_errors={model: error})

    def less(self, other: "Estimate") -> "Estimate":
        """The paired difference of two models."""
        errors = {**self.seed_errors, **other.seed_errors}
        return Estimate(mean=self.mean - other.mean, draws=self.draws - other.draws, seed_errors=errors)

    def beats(self, other: "Estimate") -> bool:
        """Whether the 95 % interval of the paired difference lies above 0."""
        return self.less(other).interval[0] > TOLERANCE

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval: percentiles of the resamples, widened by the seeds.

        The degrees of freedom (Welch-Satterthwaite) are those of the seeds' whole error: taking from it what the test
        items have already does not make it better known.
        """
        low, high = bounds(self.draws)
        errors, of_items = self.seed_errors.values(), float(np.var(self.draws))
        whole = sum(error.whole for error in errors)
        if whole == 0:
            return low, high
        freedom = (of_items + whole) ** 2 / sum(error.whole**2 / error.freedom for error in errors)
        width = float(stdtrit(freedom, 1 - TAIL)) * sqrt(of_items + sum(error.added for error in errors))
        if of_items == 0:
            return self.mean - width, self.mean + width
        widening = width / (Z * sqrt(of_items))
        return self.mean - widening * (self.mean - low), self.mean + widening * (high - self.mean)


def bounds(draws: Draws) -> tuple[float, float]:
    """The middle 95 %."""
    low, high = np.quantile(draws, [TAIL, 1 - TAIL])
    return float(low), float(high)
