"""Intervals of test F1: the bootstrap over test items of every run whose predictions can be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmark.data.entry import Metric
from benchmark.reporting.bootstrap import Draws, Resampler, bounds
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
    resamplers = _Resamplers()
    return [_with_interval(row, resamplers, predictions_of(store, row.run_id)) if row.counts else row for row in rows]


def _with_interval(row: Row, resamplers: "_Resamplers", predictions: Sequence[Prediction]) -> Row:
    resamples = resamplers.f1(row, predictions) if predictions else None
    if resamples is None:
        return row
    low, high = bounds(resamples)
    return replace(row, test_f1_low=low, test_f1_high=high, resamples=resamples)


class _Resamplers:
    """One resampler for each metric, data set and gold labels: models of a data set share their resamples."""

    def __init__(self) -> None:
        self._made: dict[tuple[Metric, str, int], Resampler] = {}

    def f1(self, row: Row, predictions: Sequence[Prediction]) -> Draws | None:
        """F1 in 0..1 of each resample; None if no metric gives the run's F1."""
        for metric in METRICS.get(row.task, ()):
            of_split, *_ = scores = self._of(metric, row, predictions).f1([one.predicted for one in predictions])
            if abs(of_split - (row.test_f1 or 0.0)) <= AGREEMENT:
                return scores[1:]
        return None

    def _of(self, metric: Metric, row: Row, predictions: Sequence[Prediction]) -> Resampler:
        gold = [one.gold for one in predictions]
        key = metric, row.dataset, hash(repr(gold))
        if key not in self._made:
            self._made[key] = Resampler(metric, gold, f"{row.suite}/{row.dataset}")
        return self._made[key]
