"""Calibration of a model's scores: a temperature fitted on validation, and the error that remains on test.

Guo et al., 2017: On Calibration of Modern Neural Networks (https://arxiv.org/abs/1706.04599).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from benchmark.bundle.scores import probabilities

N_BINS = 15
LOWEST, HIGHEST = 0.01, 100.0
"""Bounds of the temperature."""


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Temperature of the least negative log-likelihood of `labels` [A] by `logits` [A, C] (rows of NaN are left out).

    1 where every prediction is right, or none can be judged: the likelihood then has no maximum.
    """
    logits, labels = _judged(logits, labels)
    if (logits.argmax(axis=1) == labels).all():
        return 1.0

    def loss(log_temperature: float) -> float:
        right = probabilities(logits, np.exp(log_temperature))[np.arange(len(labels)), labels]
        return -float(np.log(np.maximum(right, np.finfo(float).tiny)).mean())

    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def calibration_error(logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float = 1.0) -> float:
    """Expected calibration error in 0..1: mean distance of accuracy and score, over 15 bins of equal width.

    `logits` [A, C] and `labels` [A]; rows of NaN, of words without a token, are left out.
    """
    logits, labels = _judged(logits, labels)
    scores = probabilities(logits, temperature).max(axis=1)
    right = logits.argmax(axis=1) == labels
    bins = np.ceil(scores * N_BINS).astype(int) - 1
    gaps = np.bincount(bins, weights=right - scores, minlength=N_BINS)
    return float(np.abs(gaps).sum() / max(1, len(labels)))


def _judged(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    seen = ~np.isnan(logits[:, 0])
    return logits[seen], labels[seen]
