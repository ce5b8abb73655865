"""Selection of unlabelled texts: balanced by the teacher's labels, filtered by the labelled texts' length."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from benchmark.core.settings import Balance, LengthFilter

Rows = NDArray[np.int64]


def balanced(labels: NDArray[np.int64], n_labels: int, how: Balance, seed: int) -> Rows:
    """Rows of texts whose labels are `labels` [n], evened out over `n_labels` (section 6.3); all rows for "".

    `median` draws at most the median count of each label; `mean_oversampled` exactly the mean count, with repetitions
    where there are fewer. A label that the teacher never gives stays empty.
    """
    if not how:
        return np.arange(len(labels))
    counts = np.bincount(labels, minlength=n_labels)
    n_each = int(np.median(counts)) if how == "median" else len(labels) // n_labels
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label)) for label in range(n_labels)]
    if how == "mean_oversampled":
        drawn = [np.resize(rows, n_each) if len(rows) else rows for rows in drawn]
    return np.sort(np.concatenate([rows[:n_each] for rows in drawn]))


def length_bounds(labelled: NDArray[np.int64], how: LengthFilter) -> tuple[float, float]:
    """The shortest and longest length let through, from the labelled texts' [n] (section 6.4)."""
    low, high = {"": (0.0, 1.0), "min_max": (0.0, 1.0), "q1_q3": (0.25, 0.75)}[how]
    return float(np.quantile(labelled, low)), float(np.quantile(labelled, high))


def of_length(lengths: NDArray[np.int64], labelled: NDArray[np.int64], how: LengthFilter) -> NDArray[np.bool_]:
    """[n] whether each text's length in tokens lies within the bounds; all do for "".

    A caller that cuts texts at a number of tokens gives lengths as cut, and then all longer texts are of that length:
    where a labelled text reaches it, `min_max` lets every long text through.
    """
    if not how:
        return np.ones(len(lengths), dtype=bool)
    low, high = length_bounds(labelled, how)
    return (lengths >= low) & (lengths <= high)


def lengths_by_filter(
    labelled: NDArray[np.int64], unlabelled: NDArray[np.int64], longest: int
) -> dict[str, NDArray[np.int64]]:
    """Lengths [n] of the labelled and the unlabelled texts, and of both together under each filter (Table 11).

    The given lengths are those of whole texts; filters see them cut at `longest`, as students do.
    """
    if not len(unlabelled):
        return {"labelled": labelled}
    cut = np.minimum(labelled, longest), np.minimum(unlabelled, longest)
    kept = {how: of_length(cut[1], cut[0], how) for how in get_args(LengthFilter) if how}
    both = {f"labelled + ulb_{how}": np.concatenate([labelled, unlabelled[rows]]) for how, rows in kept.items()}
    return {"labelled": labelled, "ulb": unlabelled} | both
