"""Ranks: equal figures and differences within the noise share one."""

from typing import Any

import pytest

from benchmark.reporting.results import Row
from tests.support.rows import leaderboard, row


def test_equal_figures_share_a_rank() -> None:
    made = leaderboard(
        row("cnn", 0.5), row("cnn", 0.5, setting="vanilla"), row("bilstm", 0.4), row("bilstm", 0.6, setting="x")
    )
    assert [s.rank for s in made.entries] == [1, 2, 2, 4]


def seeded(student: str, *scores: float, **given: Any) -> list[Row]:
    return [row(student, f1, seed=seed, **given) for seed, f1 in enumerate(scores)]


def test_differences_within_the_noise_of_seeds_share_a_rank() -> None:
    made = leaderboard(
        *seeded("cnn", 0.700, 0.702, 0.704),
        *seeded("cnn", 0.695, 0.700, 0.703, setting="reaches it"),
        *seeded("bilstm", 0.600, 0.602, 0.604),
        *seeded("bilstm", 0.500, 0.600, 0.700, setting="wide"),
    )
    assert [(s.name, s.rank) for s in made.entries] == [
        ("cnn kd", 1),
        ("cnn reaches it", 1),
        ("bilstm kd", 3),
        ("bilstm wide", 3),
    ]
    best = made.entries[0]
    assert best.margin == pytest.approx(4.3027 * 0.2 / 3**0.5, rel=1e-4), "Student's t of three seeds"
    assert best.interval is None, "its predictions cannot be read"


def test_a_rank_is_shared_with_its_best_and_not_by_a_chain() -> None:
    """Each is within noise of the next, yet the last is not within noise of the first."""
    scores = {"a": 0.70, "b": 0.695, "c": 0.69}
    made = leaderboard(
        *(one for name, f1 in scores.items() for one in seeded("cnn", f1 - 0.003, f1, f1 + 0.003, setting=name))
    )
    assert [(s.setting, s.rank) for s in made.entries] == [("a", 1), ("b", 1), ("c", 3)]


def test_a_single_seed_without_predictions_counts_as_exact() -> None:
    made = leaderboard(*seeded("cnn", 0.60, 0.62, 0.64), row("bilstm", 0.61), row("bilstm", 0.5, setting="x"))
    assert [(s.student, s.rank) for s in made.entries] == [("cnn", 1), ("bilstm", 1), ("bilstm", 3)]
    assert made.entries[1].margin is None
