"""Commands that take a student to work: download its bundle, predict with it, serve it, push it to the Hub."""

from collections.abc import Sequence
from shlex import join

from benchmark.core.run_store import BUNDLE
from benchmark.reporting.best import best
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.results import Row

BEST = "best"
"""Alias of the registered model."""


def model_name(suite: str, dataset: str) -> str:
    """Name of a data set's registered model: `suite-dataset`, with each `-` of the suite's name doubled.

    Two data sets never share a name: names begin with a letter, digit or `_`, so the first odd number of `-` ends the
    suite's.
    """
    return f"{suite.replace('-', '--')}-{dataset}"


def used_run(entry: LeaderboardEntry, leaderboard: Leaderboard) -> Row | None:
    """The run whose bundle is offered: of the leaderboard's first data set, the best seed on validation.

    None for teachers, and for baselines, which have no bundle.
    """
    rows = [row for row in leaderboard.rows if row.run_id in entry.runs and row.dataset == leaderboard.datasets[0]]
    return (
        None if entry.is_teacher or entry.is_baseline else max(rows, key=lambda row: row.valid_f1 or 0.0, default=None)
    )


def use_commands(entry: LeaderboardEntry, leaderboard: Leaderboard) -> Sequence[str]:
    """Commands in the order of their use; MLflow's need the store's address in MLFLOW_TRACKING_URI."""
    row = used_run(entry, leaderboard)
    if row is None:
        return []
    place = ["--artifact-path", BUNDLE, "--dst-path", "."]
    words = [
        ["mlflow", "artifacts", "download", "--run-id", row.run_id, *place],
        ["python", "-m", "benchmark.predict", BUNDLE, "teks"],
        *([_serve(row)] if len(leaderboard.datasets) == 1 and best(leaderboard) is entry else []),
        ["python", "-m", "benchmark.push", BUNDLE, "owner/name"],
    ]
    return [join(command) for command in words]


def _serve(row: Row) -> Sequence[str]:
    """Only the best student of a data set is a registered model."""
    return [
        "mlflow",
        "models",
        "serve",
        "--env-manager",
        "local",
        "-m",
        f"models:/{model_name(row.suite, row.dataset)}@{BEST}",
    ]
