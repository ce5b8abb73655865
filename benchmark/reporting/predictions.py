"""Predictions on the test split, as stored with each run, and the interval of its F1 by resampling their texts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmark.core.run_store import PREDICTIONS
from benchmark.data.entry import Metric
from benchmark.reporting.bootstrap import Resampler, Target, bounds
from benchmark.reporting.results import Row
from tracking import Store, StoreError

METRICS: Mapping[str, Sequence[Metric]] = {
    "classification": ("macro_f1",),
    "sequence_labeling": ("entity_f1", "word_f1"),
}
"""Metrics by task: a tagging data set's is the one by which its runs' predictions give their F1."""
AGREEMENT = 1e-6
"""Largest difference of F1 between the predictions and the run."""
UNREADABLE = "their predictions on the test split cannot be read, or do not give their F1"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One test text; `length` is in words."""

    length: int
    gold: Target
    predicted: Target

    def pairs(self) -> list[tuple[str, str]]:
        """(true, predicted) label of the text, or tags of its words."""
        if isinstance(self.gold, str):
            return [(self.gold, str(self.predicted))]
        return list(zip(self.gold, self.predicted, strict=False))


def predictions_of(store: Store, run_id: str) -> list[Prediction]:
    """Predictions of a run; empty if their file is missing or cannot be read."""
    try:
        return read_predictions(store.text(run_id, PREDICTIONS))
    except (StoreError, OSError, ValueError, KeyError, RecursionError):
        return []


def read_predictions(text: str) -> list[Prediction]:
    """Parses predictions.jsonl. Raises ValueError or KeyError for any other text."""
    lines = text.split("\n")
    return [_prediction(json.loads(line)) for line in lines if line.strip()]


def _prediction(line: Any) -> Prediction:
    if not isinstance(line, dict):
        raise ValueError(f"{line!r:.60} is no prediction")
    text, gold, predicted = (_target(line[name]) for name in ("text", "gold", "predicted"))
    if type(gold) is not type(predicted):
        raise ValueError(f"{predicted!r:.60} is not of the type of {gold!r:.60}")
    return Prediction(length=len(text.split() if isinstance(text, str) else text), gold=gold, predicted=predicted)


def _target(value: Any) -> Target:
    """A text or label, or a list of words or tags."""
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(word, str) for word in value)):
        return value
    raise ValueError(f"{value!r:.60} is neither a text nor a list of words")


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
