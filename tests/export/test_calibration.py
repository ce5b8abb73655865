"""Temperature scaling and expected calibration error, on logits whose calibration is known."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from benchmark.export.calibration import calibration_error, fit_temperature

N, N_CLASSES = 4000, 5


def drawn(temperature: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits, and labels drawn from their softmax over a temperature, so that it calibrates them."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (N, N_CLASSES)).astype(np.float32)
    labels = [rng.choice(N_CLASSES, p=row) for row in softmax(logits.astype(float) / temperature, axis=1)]
    return logits, np.array(labels)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_of_the_labels_is_found(temperature: float) -> None:
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.08)


def test_no_other_temperature_is_likelier() -> None:
    logits, labels = drawn(2.0)

    def loss(temperature: float) -> float:
        return -float(log_softmax(logits.astype(float) / temperature, axis=1)[np.arange(N), labels].mean())

    fitted = fit_temperature(logits, labels)
    assert loss(fitted) < min(loss(0.99 * fitted), loss(1.01 * fitted), loss(1.0))


def test_the_error_falls_to_noise_at_the_fitted_temperature() -> None:
    logits, labels = drawn(2.5)
    assert calibration_error(logits, labels) > 0.15
    assert calibration_error(logits, labels, fit_temperature(logits, labels)) < 0.03


def test_the_error_is_that_of_a_loop_over_bins() -> None:
    logits, labels = drawn(2.0)
    scores, right = softmax(logits.astype(float), axis=1).max(axis=1), logits.argmax(axis=1) == labels
    edges, error = np.linspace(0, 1, 16), 0.0
    for low, high in pairwise(edges):
        inside = (scores > low) & (scores <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - scores[inside].mean())
    assert calibration_error(logits, labels) == pytest.approx(error, abs=1e-9)


def test_words_without_a_token_are_left_out() -> None:
    logits, labels = drawn(2.0)
    more = np.concatenate([logits, np.full((9, N_CLASSES), np.nan, dtype=np.float32)]), np.append(labels, [0] * 9)
    assert fit_temperature(*more) == fit_temperature(logits, labels)
    assert calibration_error(*more) == calibration_error(logits, labels)


def test_where_every_prediction_is_right_nothing_is_scaled() -> None:
    logits = np.eye(3, dtype=np.float32)
    assert fit_temperature(logits, np.arange(3)) == 1.0
    assert fit_temperature(np.full((2, 3), np.nan, dtype=np.float32), np.zeros(2, dtype=np.int64)) == 1.0
