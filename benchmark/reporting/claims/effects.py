"""The effect engine of claims and studies: runs alike in all but one factor, compared pair by pair.

Each side of a comparison stands at its own best learning rate by validation F1, as the paper's settings stand at the
best of their grid (section 4.4): at one common rate, a rate that hurts one side alone would pass for an effect.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import exp, log
from operator import mul
from statistics import fmean
from typing import Literal

from benchmark.reporting.leaderboard_entry import Interval, interval
from benchmark.reporting.results import GIVEN, Row
from benchmark.reporting.selection import current_rows, mean_valid_f1
from students.registry import PAPER

STUDENTS = PAPER
"""The students of the paper."""
SHORT_WORDS = 10.0
"""Most words of a test text on average for the texts of a data set to be short."""
MAX_LOGARITHM = 700.0
"""The largest whose exponential is a float."""

Scale = Literal["points", "times"]
Measure = Callable[[Row], float | None]
Runs = list[Row]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Paired difference of one data set, student and seed: points of F1, or the natural logarithm of a ratio."""

    dataset: str
    student: str
    seed: int | None
    amount: float


Differences = tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The paired differences of one comparison."""

    differences: Differences = ()
    note: str = ""
    """Names the competitors, and those without comparable runs."""
    incomplete: bool = False
    """Whether competitors are missing: the others can refute a student's lead, not establish it."""
    uncontested: bool = False
    """Whether there was no competitor."""

    @property
    def interval(self) -> Interval | None:
        return interval([one.amount for one in self.differences])


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Mean and 95 % interval of a sample, in points of F1 x100 or as a ratio; bounds are None for a single pair."""

    mean: float
    low: float | None = None
    high: float | None = None
    n_pairs: int = 0
    n_seeds: int = 0
    """0 for costs, which do not depend on the seed."""
    datasets: tuple[str, ...] = ()
    students: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ComparableRuns:
    """Students' runs that may be compared: finished, no smoke runs, of the newest protocol and data."""

    rows: Sequence[Row]
    short_texts: frozenset[str] = frozenset()
    """Data sets of short texts."""

    @classmethod
    def of(cls, rows: Sequence[Row], words: Mapping[str, float]) -> "ComparableRuns":
        """`words` is the mean number of words of a test text by data set."""
        comparable = [row for row in current_rows(rows) if row.counts and not row.is_teacher]
        return cls(rows=comparable, short_texts=frozenset(name for name, n in words.items() if n <= SHORT_WORDS))

    def of_student(self, student: str) -> Runs:
        return [row for row in self.rows if row.student == student]


def effect(differences: Sequence[Difference], scale: Scale) -> Effect | None:
    """Mean effect of a sample; None if it is empty."""
    found = interval([one.amount for one in differences])
    if found is None:
        return None
    return Effect(
        mean=_on_scale(found.mean, scale),
        low=None if found.low is None else _on_scale(found.low, scale),
        high=None if found.high is None else _on_scale(found.high, scale),
        n_pairs=found.n,
        n_seeds=len({one.seed for one in differences} - {None}),
        datasets=tuple(dict.fromkeys(one.dataset for one in differences if one.dataset)),
        students=tuple(dict.fromkeys(one.student for one in differences)),
    )


def _on_scale(amount: float, scale: Scale) -> float:
    return amount if scale == "points" else exp(min(amount, MAX_LOGARITHM))


def contrast(
    rows: Sequence[Row], weights: Mapping[str, float], measure: Measure, *, same_pool: bool = False
) -> Differences:
    """Weighted sums of `measure` over settings, one for each data set, student and seed, all at their best rates.

    `weights` by setting add up to 0. With `same_pool` only runs that read the same unlabelled texts are compared.
    """
    series: dict[Hashable, dict[str, dict[str, Runs]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in chain.from_iterable([row for row in rows if row.setting == setting] for setting in weights):
        # rates that were given, searched or tuned are not mixed
        key = block(row), row.rate_from, row.student, row.pool if same_pool else ""
        series[key][row.setting][row.pool].append(row)
    combinations = chain.from_iterable(
        product(*(by_setting[setting].values() for setting in weights)) for by_setting in series.values()
    )
    at_best = map(at_best_rates, combinations)
    sums = (mean_by_seed(weighted_sums(sides, tuple(weights.values()), measure, pairing)) for sides in at_best)
    return mean_by_seed(chain.from_iterable(sums))


def paired_differences(
    treated: Iterable[Row], control: Iterable[Row], measure: Measure, pair: Callable[[Row], Hashable]
) -> Differences:
    """Differences of `measure` between the runs that `pair` maps to the same value."""
    return mean_by_seed(weighted_sums((treated, control), (1.0, -1.0), measure, pair))


def weighted_sums(
    sides: Sequence[Iterable[Row]], weights: Sequence[float], measure: Measure, pair: Callable[[Row], Hashable]
) -> list[Difference]:
    """Weighted sums of `measure` over the runs, one of each side, that `pair` maps to the same value."""
    own, *others = ([(row, value) for row in side if (value := measure(row)) is not None] for side in sides)
    partners: list[dict[Hashable, list[float]]] = [defaultdict(list) for _ in others]
    for by_pair, other in zip(partners, others, strict=True):
        for row, value in other:
            by_pair[pair(row)].append(value)
    return [
        Difference(dataset=row.dataset, student=row.student, seed=row.seed, amount=sum(map(mul, weights, values)))
        for row, value in own
        for values in product([value], *(by_pair[pair(row)] for by_pair in partners))
    ]


def mean_by_seed(differences: Iterable[Difference]) -> Differences:
    """One difference for each data set, student and seed: runs at two rates, or in two settings, are no repetitions."""
    shared: dict[tuple[str, str, int | None], list[float]] = defaultdict(list)
    for one in differences:
        shared[one.dataset, one.student, one.seed].append(one.amount)
    return tuple(
        Difference(dataset=dataset, student=student, seed=seed, amount=fmean(amounts))
        for (dataset, student, seed), amounts in shared.items()
    )


def block(row: Row) -> tuple[Hashable, ...]:
    """Nuisance factors, equal in all runs that are compared: data, teacher, protocol and training budget."""
    return row.dataset, row.data, row.teacher_key or row.teacher, row.protocol, row.budget


def pairing(row: Row) -> tuple[Hashable, ...]:
    """Block and seed."""
    return *block(row), row.seed


def at_best_rates(sides: Sequence[Sequence[Row]]) -> list[Runs]:
    """Each side's runs at its best rate by validation F1, of the rates and seeds that all sides share.

    The rates are those that share the most seeds: means over different seeds would not compare.
    """
    by_rate = [_by_rate(rows) for rows in sides]
    common = {
        rate: frozenset.intersection(*(frozenset(row.seed for row in side.get(rate, ())) for side in by_rate))
        for rate in by_rate[0]
    }
    n_rates = Counter(common.values())
    seeds = max(n_rates, key=lambda those: (len(those), n_rates[those]), default=frozenset())
    shared = [[rows for rate, rows in side.items() if common.get(rate) == seeds] for side in by_rate]
    runs = [[[row for row in rows if row.seed in seeds] for rows in side] for side in shared]
    return [max(filter(None, side), key=mean_valid_f1, default=[]) for side in runs]


def _by_rate(rows: Iterable[Row]) -> Mapping[Hashable, Runs]:
    """Rates chosen by a grid or a study differ by seed and count as one."""
    found: dict[Hashable, Runs] = defaultdict(list)
    for row in rows:
        found[row.learning_rate if row.rate_from == GIVEN else row.rate_from].append(row)
    return found


def points(row: Row) -> float | None:
    """Test F1 x100."""
    return row.points


def convergence_speed(row: Row) -> float | None:
    """Logarithm of 1 / steps to the best validation loss; None if a limit cut training off: its best may come later."""
    return -log(row.steps_to_best) if row.steps_to_best and row.converged else None


def f1_per_ms(row: Row) -> float | None:
    """Logarithm of test F1 per millisecond in ONNX."""
    return log(row.test_f1 / row.latency_onnx_ms) if row.test_f1 and row.latency_onnx_ms else None
