"""Intervals of test F1: the bootstrap over test items of every run whose predictions can be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmark.data.entry import Metric
from benchmark.reporting.bootstrap import Resampler, bounds
from benchmark.reporting.predictions import Prediction, predictions_of
from benchmark.reporting.results import Row
from tracking import Store

METRICS: Mapping[str, Sequence[Metric]] = {
    "classification": ("macro_f1",),
    "sequence_labeling": ("entity_f1", "word_f1"),
}
"""Metrics by task: a tagging data set's is the one by which its runs' predictions give their F1."""
AGREEMENT = 1e-6
"""Largest difference of F1 between the predictions and the run."""
UNREADABLE = "their predictions on the test split cannot be read, or do not give their F1"


def with_intervals(rows: Iterable[Row], store: Store) -> list[Row]:
    """The rows; those that count and have predictions get `test_f1_low`, `test_f1_high` and `resamples`."""
    resamplers: dict[tuple[Metric, str, int], Resampler] = {}
    return [_with_interval(row, predictions_of(store, row.run_id), resamplers) if row.counts else row for row in rows]


def _with_interval(
    row: Row, predictions: Sequence[Prediction], resamplers: dict[tuple[Metric, str, int], Resampler]
) -> Row:
    """One resampler for each metric, data set and gold labels: models of a data set share their resamples."""
    gold = [one.gold for one in predictions]
    for metric in METRICS.get(row.task, ()) if gold else ():
        key = metric, row.dataset, hash(repr(gold))
        if key not in resamplers:
            resamplers[key] = Resampler(metric, gold, f"{row.suite}/{row.dataset}")
        of_split, *_ = scores = resamplers[key].f1([one.predicted for one in predictions])
        if abs(of_split - (row.test_f1 or 0.0)) <= AGREEMENT:
            low, high = bounds(scores[1:])
            return replace(row, test_f1_low=low, test_f1_high=high, resamples=scores[1:])
    return row
