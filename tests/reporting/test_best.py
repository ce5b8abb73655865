"""The best student: within a budget, and of all."""

from dataclasses import replace

import pytest

from benchmark.reporting.best import Budget, best
from benchmark.reporting.results import Row
from benchmark.reporting.summary import summary, verdict
from benchmark.reporting.table import significant
from benchmark.reporting.use_commands import use_commands
from tests.reporting.test_ranks import seeded
from tests.support.rows import entry, leaderboard, row


@pytest.mark.parametrize(
    ("budget", "best_name"),
    [
        (Budget(), "bilstm kd"),
        (Budget(max_ms=0.3), "cnn kd"),
        (Budget(max_ms=0.25), "cnn kd"),
        (Budget(max_mib=13), "bilstm kd"),
        (Budget(max_mib=13, max_ms=0.3), None),
        (Budget(min_kept=95), "bilstm kd"),
        (Budget(min_kept=99.9), None),
    ],
)
def test_a_budget_has_one_best_student(budget: Budget, best_name: str | None) -> None:
    found = best(leaderboard(row("teacher", 0.9), row("cnn", 0.8), row("bilstm", 0.88)), budget)
    assert (found.name if found else None) == best_name


def test_a_figure_that_was_not_measured_meets_no_bound() -> None:
    made = leaderboard(row("teacher", 0.9), row("cnn", 0.8, latency_onnx_ms=None))
    assert best(made, Budget(max_ms=100)) is None
    assert verdict(made, Budget(max_mib=20)) == "1 of 1 fit; the best is cnn kd: F1 80.0, 88.9 % kept, 16.0 MiB."


def test_the_best_is_the_fastest_within_a_point_of_the_highest() -> None:
    made = leaderboard(row("teacher", 0.9), row("cnn", 0.891), row("bilstm", 0.9), row("cnn", 0.8, setting="vanilla"))
    assert best(made) == entry(made, "bilstm"), "beats the faster one: without predictions, differences are exact"
    noisy = [*seeded("cnn", 0.881, 0.891, 0.901), *seeded("bilstm", 0.88, 0.90, 0.92)]
    made = leaderboard(row("teacher", 0.9), *noisy)
    assert best(made) == entry(made, "cnn")
    assert summary(made) == (
        "The best student is cnn kd: F1 89.1, 0.9 points below the teacher, 0.250 ms in ONNX, 200x faster, "
        "4.0 % of its size."
    )
    assert best(made, Budget(max_mib=13)) == entry(made, "bilstm")


def test_a_baseline_is_ranked_and_never_the_best_student() -> None:
    tfidf = [replace(one, student="tfidf", setting="vanilla") for one in seeded("cnn", 0.88, 0.90, 0.92)]
    made = leaderboard(row("teacher", 0.95), *seeded("bilstm", 0.87, 0.89, 0.91), *tfidf)
    assert [(one.student, one.rank) for one in made.ranked] == [("tfidf", 1), ("bilstm", 1)]
    assert best(made) == entry(made, "bilstm")
    assert summary(made).endswith(" It does not beat the baseline tfidf vanilla (F1 90.0) beyond noise.")
    assert verdict(made, Budget(min_kept=10)).startswith("1 of 1 fit; the best is bilstm kd")
    assert (use_commands(made.ranked[0], made), bool(use_commands(made.ranked[1], made))) == ([], True)
    weak = replace(row("cnn", 0.1), student="tfidf", setting="vanilla")
    assert "baseline" not in summary(leaderboard(row("teacher", 0.95), row("bilstm", 0.9), weak))


def test_the_best_is_not_more_than_a_point_below_the_highest() -> None:
    made = leaderboard(*seeded("cnn", 0.87, 0.88, 0.89), *seeded("bilstm", 0.88, 0.90, 0.92))
    assert [one.rank for one in made.entries] == [1, 1]
    assert best(made) == entry(made, "bilstm")


def test_nearly_equal_latencies_let_the_higher_f1_decide() -> None:
    """As in the quickstart: the faster one is within noise of no one, or faster by 9 % only."""
    slower = seeded("bilstm", 0.88, 0.90, 0.92, latency_onnx_ms=0.27)
    made = leaderboard(*seeded("cnn", 0.881, 0.891, 0.901), *slower)
    assert best(made) == entry(made, "bilstm")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row("cnn", 0.5)],
            "The best student is cnn kd: F1 50.0, 0.250 ms, 16.0 MiB; no teacher was run to compare it with.",
        ),
        ([row("teacher", 0.9)], "No result yet: no student has an F1 on every data set."),
        (
            [row("cnn", None, status="failed"), row("teacher", 0.5), row("teacher", None, "smsa", status="failed"),
             row("cnn", 0.5, "smsa")],
            "No result yet: the teacher has no F1 on smsa.",
        ),
        (
            [row("teacher", 0.9, latency_onnx_ms=None), row("cnn", 0.9, latency_onnx_ms=None)],
            "The best student is cnn kd: F1 90.0, 0.0 points below the teacher, 4.0 % of its size.",
        ),
    ],
)  # fmt: skip
def test_the_answer_where_something_is_missing(rows: list[Row], said: str) -> None:
    assert summary(leaderboard(*rows)) == said


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.22444, "0.224"), (1.485, "1.49"), (69.64, "69.6"), (1425.17, "1425"), (0.0, "0"), (0.0037, "0.00370")],
)
def test_numbers_keep_three_digits(value: float, written: str) -> None:
    assert significant(value) == written
