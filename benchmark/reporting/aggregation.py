"""Means over seeds and data sets, with their intervals; a mean with a hole is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from benchmark.reporting.intervals import half_width
from benchmark.reporting.leaderboard_entry import COSTS
from benchmark.reporting.results import MILLISECONDS, Row

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What the rows of one teacher, student and setting come to; the fields are those of a Standing."""

    f1: float | None
    spread: float | None
    margin: float | None
    f1_by_dataset: Mapping[str, float]
    seeds: tuple[int, int]
    costs: Mapping[str, float]
    cost_ranges: Mapping[str, Range]
    invalid: str
    runs: tuple[str, ...]


def gathered(chosen: Mapping[str, Sequence[Row]], datasets: Sequence[str]) -> Gathered:
    """`chosen` holds one row a seed, by data set."""
    there = {name: chosen[name] for name in datasets if name in chosen}
    f1 = {name: fmean(_scores(rows).values()) for name, rows in there.items()}
    whole = len(there) == len(datasets) > 0
    means = _means_by_seed([_scores(rows) for rows in there.values()]) if whole else []
    seeds = [len(rows) for rows in there.values()]
    rows = [row for cell in there.values() for row in cell]
    costs = _costs(list(there.values())) if whole else {}
    return Gathered(
        f1=fmean(f1.values()) if whole else None,
        spread=stdev(means) if len(means) > 1 else None,
        margin=half_width(means),
        f1_by_dataset=f1,
        seeds=(min(seeds, default=0), max(seeds, default=0)),
        costs=costs,
        cost_ranges=_cost_ranges(list(there.values())) if whole else {},
        invalid="" if costs.keys() & set(MILLISECONDS) else next((row.invalid for row in rows if row.invalid), ""),
        runs=tuple(row.run_id for row in rows),
    )


def _scores(rows: Iterable[Row]) -> dict[int | None, float]:
    return {row.seed: 100 * row.test_f1 for row in rows if row.test_f1 is not None}


def _means_by_seed(datasets: Sequence[Mapping[int | None, float]]) -> list[float]:
    """The mean over data sets of each seed that all of them have."""
    shared = set.intersection(*(set(scores) for scores in datasets))
    return [fmean(scores[seed] for scores in datasets) for seed in shared]


def _costs(datasets: Sequence[Sequence[Row]]) -> dict[str, float]:
    measured = {name: [_measured(rows, name) for rows in datasets] for name in COSTS}
    return {name: fmean(map(fmean, values)) for name, values in measured.items() if all(values)}


def _cost_ranges(datasets: Sequence[Sequence[Row]]) -> dict[str, Range]:
    measured = {name: [_measured(rows, name) for rows in datasets] for name in COSTS}
    ranges = {n: (fmean(map(min, v)), fmean(map(max, v))) for n, v in measured.items() if all(v)}
    return {name: (low, high) for name, (low, high) in ranges.items() if low < high}


def _measured(rows: Iterable[Row], name: str) -> list[float]:
    return [value for row in rows if (value := getattr(row, name)) is not None]
