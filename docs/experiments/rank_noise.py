"""Ranks under noise: how often two students share a rank, and what the bootstrap costs (see docs/lab-log.md).

Students are simulated on new test splits of EmoT's size. Items are easy or hard for all of them, so that their errors
correlate as those of real students do; each seed of a student has a quality of its own.

    python docs/experiments/rank_noise.py [--draws 1000]
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from statistics import NormalDist, fmean, stdev

import numpy as np
from numpy.typing import NDArray

from benchmark.reporting.bootstrap import Resampler, bounds
from benchmark.reporting.leaderboard import leaderboards
from benchmark.reporting.results import Row

N_ITEMS, CLASSES, SHARES = 440, ("anger", "happy", "sadness", "fear", "love"), (0.25, 0.23, 0.23, 0.15, 0.14)
F1, GAIN, SEED_SD = 0.62, 0.05, 0.015
Bools = NDArray[np.bool_]


class TestSplit:
    """Gold labels, and students that find some of them."""

    def __init__(self, dice: np.random.Generator) -> None:
        self.dice = dice
        self.gold = dice.choice(CLASSES, N_ITEMS, p=SHARES)
        self.hardness = dice.normal(0, 1, N_ITEMS)
        self.resampler = Resampler("macro_f1", list(self.gold), "simulated")

    def row(self, template: Row, student: str, seed: int, accuracy: float) -> Row:
        scores = self.resampler.f1(list(self.predicted(accuracy)))
        low, high = bounds(scores[1:])
        own = {"run_id": f"{student}.{seed}", "student": student, "seed": seed, "test_f1": float(scores[0])}
        return replace(template, **own, test_f1_low=low, test_f1_high=high, resamples=scores[1:])  # type: ignore[arg-type]

    def predicted(self, accuracy: float) -> NDArray[np.str_]:
        """Labels of a student: a hard item needs a better one. The shared half of the noise is the item's hardness."""
        threshold = NormalDist(0, 2**0.5).inv_cdf(accuracy)
        right: Bools = self.hardness + self.dice.normal(0, 1, N_ITEMS) < threshold
        return np.where(right, self.gold, self.dice.choice(CLASSES, N_ITEMS, p=SHARES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    n_draws = parser.parse_args().draws
    print(f"25 models, 1000 resamples: {seconds_for(25):.2f} s from their labels, with the ranks")
    for n_seeds in (1, 3):
        for gain in (0.0, GAIN):
            print(simulated(n_draws, n_seeds, gain))


def seconds_for(n_models: int) -> float:
    split, template = TestSplit(np.random.default_rng(0)), empty_row()
    predicted = [list(split.predicted(F1)) for _ in range(n_models)]
    began = time.perf_counter()
    resampler = Resampler("macro_f1", list(split.gold), "simulated")
    rows = []
    for number, labels in enumerate(predicted):
        scores = resampler.f1(labels)
        own = {"run_id": str(number), "student": f"s{number}", "test_f1": float(scores[0]), "resamples": scores[1:]}
        rows.append(replace(template, **own))  # type: ignore[arg-type]
    leaderboards(rows)
    return time.perf_counter() - began


def simulated(n_draws: int, n_seeds: int, gain: float) -> str:
    ties, covered, gaps = zip(*draws(n_draws, n_seeds, gain), strict=True)
    power = NormalDist(0, 1).cdf(fmean(gaps) / stdev(gaps) - NormalDist().inv_cdf(0.975))
    expected = f", predicted {power:.1%} of a z-test of that deviation" if gain else ""
    return (
        f"{n_seeds} seeds, {100 * gain:.0f} points of accuracy apart: F1 {fmean(gaps):+.2f} apart (deviation "
        f"{stdev(gaps):.2f}); share a rank in {fmean(ties):.1%}, told apart in {1 - fmean(ties):.1%}{expected}; "
        f"half width of a student's interval {fmean(covered):.1f}"
    )


def draws(n_draws: int, n_seeds: int, gain: float) -> Iterator[tuple[bool, float, float]]:
    """Whether the two share a rank, half the width of the interval of one, and their difference in points of F1."""
    template = empty_row()
    for number in range(n_draws):
        dice = np.random.default_rng(number)
        split = TestSplit(dice)
        spread = SEED_SD if n_seeds > 1 else 0.0
        quality = {"a": F1, "b": F1 + gain}
        rows = [
            split.row(template, name, seed, mean + dice.normal(0, spread))
            for name, mean in quality.items()
            for seed in range(n_seeds)
        ]
        [board] = leaderboards(rows)
        a, b = sorted(board.entries, key=lambda entry: entry.student)
        low, high = a.interval or (0.0, 0.0)
        yield a.rank == b.rank, (high - low) / 2, (b.f1 or 0.0) - (a.f1 or 0.0)


def empty_row() -> Row:
    values = {field.name: "" if field.type is str else None for field in fields(Row)} | {"smoke": False, "more": {}}
    words = {"suite": "simulated", "dataset": "emot", "task": "classification", "status": "finished", "preset": "paper"}
    return Row(**values | words | {"protocol": "1", "setting": "kd", "seed": 0})  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
