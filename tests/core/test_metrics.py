"""The table of metrics: one row for each number of results.csv, and no row that nothing measures."""

from dataclasses import fields

from benchmark.core.metrics import METRICS
from benchmark.core.result import RunResult
from benchmark.reporting.results import COLUMNS

NAMES = [metric.name for metric in METRICS]


def test_names_are_unique_here_and_in_mlflow() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert len({metric.stored for metric in METRICS}) == len(METRICS)


def test_each_number_of_results_csv_has_one_row() -> None:
    numbers = {column.name: column.kind for column in COLUMNS if column.kind in (int, float) and column.name != "seed"}
    assert numbers.keys() <= set(NAMES)
    assert numbers == {metric.name: metric.kind for metric in METRICS if metric.name in numbers}


def test_each_row_is_measured_by_a_run_or_shown_in_results_csv() -> None:
    used = {field.name for field in fields(RunResult)} | {column.name for column in COLUMNS}
    assert [name for name in NAMES if name not in used] == []


def test_only_columns_of_the_leaderboard_have_a_header() -> None:
    assert [metric.name for metric in METRICS if metric.title and not metric.is_cost] == []
