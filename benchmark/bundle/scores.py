"""Probabilities from logits, calibrated by a temperature (Guo et al., 2017, https://arxiv.org/abs/1706.04599)."""

import numpy as np
from numpy.typing import NDArray


def probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Softmax of logits [..., C] over a temperature, in double precision so that the largest stays the largest."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))
