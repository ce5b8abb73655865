"""Predictions on the test split, as stored with each run."""

import json
from dataclasses import dataclass
from typing import Any

from benchmark.core.run_store import PREDICTIONS
from tracking import Store, StoreError

Target = str | list[str]
"""The label of a text, or the tag of each word."""


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
