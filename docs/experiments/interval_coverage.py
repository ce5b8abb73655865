"""Coverage of the 95 % interval of macro-F1 with many classes (see docs/lab-log.md).

A model of known macro-F1 answers new test splits: the share of splits whose interval holds that F1, for intervals of
the resamples themselves and for those that reports use, whose draws are centred on the F1 of the split.

    python docs/experiments/interval_coverage.py [--draws 1000]
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.reporting.bootstrap import Draws, Resampler, bounds

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A classifier by its confusion matrix: rows are the answers to texts of a class, and sum to 1."""

    shares: Floats
    """Of the classes among the texts."""
    answers: Floats

    @classmethod
    def drawn(cls, shares: Floats, accuracy: float) -> "Model":
        """Recall differs by class; wrong answers go to a few classes each."""
        dice, n = np.random.default_rng(7), len(shares)
        recall = np.clip(dice.beta(6 * accuracy, 6 * (1 - accuracy), n), 0.02, 0.98)
        wrong = dice.dirichlet(np.full(n, 0.2), n) * (1 - np.eye(n))
        wrong *= ((1 - recall) / wrong.sum(axis=1))[:, None]
        return cls(shares=shares, answers=wrong + np.diag(recall))

    @property
    def f1(self) -> float:
        """Macro-F1 over infinitely many texts."""
        joint = self.shares[:, None] * self.answers
        return float(np.mean(2 * np.diag(joint) / (joint.sum(axis=0) + joint.sum(axis=1))))

    def split(self, n_items: int, dice: np.random.Generator) -> tuple[list[str], list[str]]:
        """Gold and predicted labels of a test split."""
        gold = dice.choice(len(self.shares), n_items, p=self.shares)
        passed = self.answers.cumsum(axis=1)[gold] < dice.random(n_items)[:, None]
        predicted = np.minimum(passed.sum(axis=1), len(self.shares) - 1)
        return [str(label) for label in gold], [str(label) for label in predicted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    n_draws = parser.parse_args().draws
    even, skewed = np.ones(52), np.arange(1, 53) ** -0.7
    emot = np.array([0.25, 0.23, 0.23, 0.15, 0.14])
    for title, shares, accuracy, n_items in (
        ("52 classes of one size, 1000 items", even, 0.65, 1000),
        ("52 classes of many sizes, 1000 items", skewed, 0.65, 1000),
        ("5 classes, 440 items", emot, 0.62, 440),
    ):
        model = Model.drawn(shares / shares.sum(), accuracy)
        print(f"{title}, F1 {100 * model.f1:.1f}: {coverage(model, n_items, n_draws)}", flush=True)


def coverage(model: Model, n_items: int, n_draws: int) -> str:
    found = np.array(list(draws(model, n_items, n_draws)), dtype=float)
    of_split, of_resamples, plain, centred, mirrored = found.mean(axis=0)
    return (
        f"F1 of a split {100 * of_split:+.2f} points from it, that of its resamples {100 * of_resamples:+.2f} from the "
        f"split's; coverage {plain:.1%} by resamples, {centred:.1%} centred, {mirrored:.1%} shifted by the bias twice"
    )


def draws(model: Model, n_items: int, n_draws: int) -> Iterator[tuple[float, float, bool, bool, bool]]:
    for number in range(n_draws):
        gold, predicted = model.split(n_items, np.random.default_rng(number))
        resampler = Resampler("macro_f1", gold, "simulated")
        of_split, *raw = resampler.uncentred(predicted)
        bias = float(np.mean(raw)) - of_split
        centred: Draws = resampler.f1(predicted)[1:]
        yield (
            of_split - model.f1,
            bias,
            holds(np.array(raw), model.f1),
            holds(centred, model.f1),
            holds(centred - bias, model.f1),
        )


def holds(resamples: Draws, f1: float) -> bool:
    low, high = bounds(resamples)
    return low <= f1 <= high


if __name__ == "__main__":
    main()
