"""At which learning rate each side of a claim stands, where both were trained at several.

The paper's settings each stand at the best rate of its grid (section 4.4): at one rate for both, a rate that hurts one
side alone would pass for an effect.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Set
from itertools import product
from statistics import fmean

from benchmark.reporting.claims.pairs import conditions
from benchmark.reporting.results import GIVEN, Row

Tried = Mapping[Hashable, Set[int | None]]
"""Seeds by learning rate."""


def at_best_rates(
    better: Iterable[Row], worse: Iterable[Row], alike: Callable[[Row], Hashable]
) -> Iterator[tuple[list[Row], list[Row]]]:
    """Of every two series that are `alike` their runs of the same seeds, each at its best rate."""
    for own, theirs in product(_series(better), _series(worse)):
        if _fair(own[0]) == _fair(theirs[0]) and alike(own[0]) == alike(theirs[0]):
            rates, seeds = _contest(_tried(own), _tried(theirs))
            yield _best(own, rates, seeds), _best(theirs, rates, seeds)


def _fair(row: Row) -> Hashable:
    """Rates that were given compare, those that a grid chose, and those that a study chose."""
    return conditions(row), row.rate_from


def _series(rows: Iterable[Row]) -> list[list[Row]]:
    """Runs that differ in their seed and their rate alone."""
    found: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        found[_fair(row), row.student, row.setting, row.pool].append(row)
    return list(found.values())


def _tried(rows: Iterable[Row]) -> Tried:
    seeds: dict[Hashable, set[int | None]] = defaultdict(set)
    for row in rows:
        seeds[_rate(row)].add(row.seed)
    return seeds


def _rate(row: Row) -> Hashable:
    """What a grid or a study chose is one rate, whatever it was."""
    return row.learning_rate if row.rate_from == GIVEN else row.rate_from


def _contest(own: Tried, theirs: Tried) -> tuple[Set[Hashable], Set[int | None]]:
    """The rates that share the most seeds, and these seeds: means over different seeds would not compare."""
    shared = {rate: frozenset(own[rate] & theirs[rate]) for rate in own if rate in theirs}
    n_rates = Counter(shared.values())
    seeds = max(n_rates, key=lambda those: (len(those), n_rates[those]), default=frozenset())
    return {rate for rate, those in shared.items() if those == seeds}, seeds


def _best(rows: Iterable[Row], rates: Set[Hashable], seeds: Set[int | None]) -> list[Row]:
    """Those of one rate: the best on validation, never on test."""
    by_rate: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        if _rate(row) in rates and row.seed in seeds:
            by_rate[_rate(row)].append(row)
    return max(by_rate.values(), key=_valid_f1, default=[])


def _valid_f1(rows: Iterable[Row]) -> float:
    scores = [row.valid_f1 for row in rows if row.valid_f1 is not None]
    return fmean(scores) if scores else -1.0
