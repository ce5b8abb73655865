"""Commands that take a student to work: download its bundle, predict with it, serve it, push it to the Hub."""

from collections.abc import Sequence
from shlex import join

from benchmark.core.run_store import BUNDLE
from benchmark.reporting.best import best
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.results import Row

BEST = "best"
"""Alias of the registered model."""
SERVE = ("mlflow", "models", "serve", "--env-manager", "local", "-m")
"""Before the address of a registered model, or a folder."""
SERVED = "served"


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
    if entry.is_teacher or entry.is_baseline:
        return None
    rows = [row for row in leaderboard.rows if row.run_id in entry.runs and row.dataset == leaderboard.datasets[0]]
    return max(rows, key=lambda row: row.valid_f1 or 0.0, default=None)


def use_commands(entry: LeaderboardEntry, leaderboard: Leaderboard) -> Sequence[str]:
    """Commands in the order of their use; MLflow's need the store's address in MLFLOW_TRACKING_URI."""
    row = used_run(entry, leaderboard)
    if row is None:
        return []
    commands = [
        ["mlflow", "artifacts", "download", "--run-id", row.run_id, "--artifact-path", BUNDLE, "--dst-path", "."],
        ["python", "-m", "benchmark.predict", BUNDLE, "teks"],
    ]
    if len(leaderboard.datasets) == 1 and best(leaderboard) is entry:  # of a data set, the best alone is registered
        commands.append([*SERVE, f"models:/{model_name(row.suite, row.dataset)}@{BEST}"])
    else:
        commands += [["python", "-m", "benchmark.export.mlflow_model", BUNDLE, SERVED], [*SERVE, SERVED]]
    return [join(command) for command in (*commands, ["python", "-m", "benchmark.push", BUNDLE, "owner/name"])]
