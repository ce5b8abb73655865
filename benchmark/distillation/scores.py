"""Macro-averaged F1, in 0..1.

    macro_f1    classification: one label a text
    word_f1     tagging without entities (POS): one label a word, the words of all sentences as one list
    entity_f1   tagging of entities (IOB, IOBES, BILOU, BMES): a hit is an entity with the right first word, last word
                and type

The mean is over the classes (for `entity_f1` entity types) that occur in the gold labels. A class that is never
predicted scores 0.
"""

import warnings
from collections.abc import Sequence
from itertools import chain
from statistics import fmean
from typing import cast

from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.metrics import f1_score

from benchmark.data.entry import Metric
from benchmark.data.tags import IOBES

Labels = Sequence[str] | Sequence[Sequence[str]]
"""Classification: one label per text. Tagging: a list of tags per sentence."""


def macro_f1(gold: Labels, predicted: Labels, metric: Metric, labels: Sequence[str]) -> float:
    """Mean F1 over the classes of `gold`; 0.0 if gold has no entity.

    Raises ValueError for lists of different length, an empty list, and a gold label that is not in `labels`.
    """
    scores = f1_per_label(gold, predicted, metric, labels)
    return fmean(scores.values()) if scores else 0.0


def f1_per_label(gold: Labels, predicted: Labels, metric: Metric, labels: Sequence[str]) -> dict[str, float]:
    """F1 of every class (for `entity_f1` entity type) that occurs in `gold`, classes in the order of `labels`.

    A predicted label outside `labels` counts as wrong. Raises ValueError as `macro_f1` does.
    """
    _require_same_length(gold, predicted, "texts" if metric == "macro_f1" else "sentences")
    if metric == "macro_f1":
        return _f1_per_class(cast(Sequence[str], gold), cast(Sequence[str], predicted), labels)
    for number, (tags, predicted_tags) in enumerate(zip(gold, predicted, strict=True)):
        _require_same_length(tags, predicted_tags, f"tags in sentence {number}", allow_empty=True)
    if metric == "word_f1":
        return _f1_per_class(list(chain(*gold)), list(chain(*predicted)), labels)
    _require_labels(set(chain(*gold)), labels)
    return _f1_per_entity_type(gold, predicted)


def _f1_per_class(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    present = set(gold)
    _require_labels(present, labels)
    classes = [label for label in labels if label in present]
    scores = f1_score(gold, predicted, labels=classes, average=None, zero_division=0)
    return {label: float(score) for label, score in zip(classes, scores, strict=True)}


def _f1_per_entity_type(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, float]:
    """Scores of seqeval in its default, lenient mode: an I- that follows no entity of its type begins one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # bare tags (B, I, O) are read as one nameless type, "_"
        both = [
            [[IOBES.get(tag[:1], tag[:1]) + tag[1:] for tag in tags] for tags in side] for side in (gold, predicted)
        ]
        types = sorted({entity[0] for tags in both[0] for entity in get_entities(tags)})
        if not types:
            return {}
        report = classification_report(*both, output_dict=True, zero_division=0)
    return {kind: float(report[kind]["f1-score"]) for kind in types}


def _require_labels(names: set[str], labels: Sequence[str]) -> None:
    if unknown := sorted(names - set(labels)):
        raise ValueError(f"gold labels {unknown} are not in the label set: {', '.join(labels)}")


def _require_same_length(
    gold: Sequence[object], predicted: Sequence[object], of: str, allow_empty: bool = False
) -> None:
    if len(gold) != len(predicted):
        raise ValueError(f"different number of {of}: {len(gold)} in gold, {len(predicted)} predicted")
    if not gold and not allow_empty:
        raise ValueError(f"no {of} to score")
