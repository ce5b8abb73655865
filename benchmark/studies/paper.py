"""The paper's figure for a condition: of the same data set, or of the one on which the paper made the experiment."""

import csv
from functools import cache
from importlib.resources import files

from benchmark.reporting.paper import paper_f1
from benchmark.reporting.results import Row
from benchmark.spec import TASKS
from benchmark.studies.experiments import Experiment


def paper_figure(experiment: Experiment, condition: str, row: Row) -> float | None:
    """F1 in 0..1; None where the paper gives none."""
    if experiment.paper_table:
        points = paper_conditions(experiment.paper_table).get((condition, row.student))
    else:
        points = next((paper_f1(t).get((row.student, row.setting, row.dataset)) for t in TASKS if t == row.task), None)
    return None if points is None else points / 100


@cache
def paper_conditions(table: str) -> dict[tuple[str, str], float]:
    """F1 x 100 by condition and student of Table 9, 10 or 12, whose columns are named as `cnn_f1`."""
    text = (files("benchmark.reporting") / "paper" / f"{table}.csv").read_text(encoding="utf-8")
    return {
        (PAPER_NAMES.get(row["condition"], row["condition"]), column.removesuffix("_f1")): float(value)
        for row in csv.DictReader(text.splitlines())
        for column, value in row.items()
        if column.endswith("_f1")
    }


PAPER_NAMES = {"in_domain_twitter": "in_domain"}
"""Conditions that are called otherwise here."""
