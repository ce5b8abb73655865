"""What lies behind a data set's figures: the answers on the test split, by class, by confusion, by length."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

N_BINS = 5
MOST_LABELS = 30
"""Labels of a confusion table; the rarer ones share one row."""
OTHERS = "(others)"
OUTSIDE = "O"

Answer = str | list[str]
"""A label of a text; a tag of each word of a sentence."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One test text: `length` in words."""

    length: int
    gold: Answer
    predicted: Answer

    def pairs(self) -> Iterator[tuple[str, str]]:
        """(gold, predicted) of each answer; of tags only the type."""
        if isinstance(self.gold, str):
            yield self.gold, str(self.predicted)
        else:
            yield from zip(map(_type, self.gold), map(_type, self.predicted), strict=False)

    def errors(self) -> tuple[int, int]:
        """Wrong answers, and answers."""
        if isinstance(self.gold, str):
            return int(self.gold != self.predicted), 1
        return sum(g != p for g, p in zip(self.gold, self.predicted, strict=False)), len(self.gold)


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How often each label (a row) was answered with each label (a column)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class LengthBin:
    """Error on texts of `shortest` to `longest` words."""

    shortest: int
    longest: int
    n_texts: int
    error: float
    """Share of wrong answers in 0..1: of labels, or of words' tags."""


def read_predictions(text: str) -> list[Prediction]:
    """Of a run's predictions.jsonl. Raises ValueError or KeyError for another text."""
    lines = text.split("\n")
    return [_answered(json.loads(line)) for line in lines if line.strip()]


def _answered(line: Any) -> Prediction:
    if not isinstance(line, dict):
        raise ValueError(f"{line!r:.60} is no answered text")
    text, gold, predicted = (_answer(line[name]) for name in ("text", "gold", "predicted"))
    if type(gold) is not type(predicted):
        raise ValueError(f"{predicted!r:.60} is no answer of the kind of {gold!r:.60}")
    return Prediction(length=len(text.split() if isinstance(text, str) else text), gold=gold, predicted=predicted)


def _answer(value: Any) -> Answer:
    """A text or label, or words or tags."""
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(word, str) for word in value)):
        return value
    raise ValueError(f"{value!r:.60} is neither a text nor a list of words")


def confusion(answers: Sequence[Prediction]) -> Confusion:
    """The commonest labels first, by gold; words that are right to be outside of every entity are left out."""
    pairs = Counter(pair for answered in answers for pair in answered.pairs())
    pairs.pop((OUTSIDE, OUTSIDE), None)
    common: Counter[str] = Counter()
    for (gold, predicted), count in pairs.items():
        common[gold] += count
        common[predicted] += 0
    labels = [label for label, _ in common.most_common()]
    kept = labels if len(labels) <= MOST_LABELS else [*labels[: MOST_LABELS - 1], OTHERS]
    folded: Counter[tuple[str, str]] = Counter()
    for (gold, predicted), count in pairs.items():
        folded[_folded(gold, kept), _folded(predicted, kept)] += count
    counts = tuple(tuple(folded[gold, predicted] for predicted in kept) for gold in kept)
    return Confusion(labels=tuple(kept), counts=counts)


def length_bins(answers: Sequence[Prediction]) -> list[LengthBin]:
    """At most N_BINS bins of about as many texts each, the shortest first."""
    lengths = sorted(answered.length for answered in answers)
    cuts = sorted({lengths[len(lengths) * i // N_BINS] for i in range(1, N_BINS)}) if lengths else []
    groups: dict[int, list[Prediction]] = {}
    for answered in answers:
        groups.setdefault(bisect_right(cuts, answered.length), []).append(answered)
    return [_length_bin(groups[number]) for number in sorted(groups)]


def _length_bin(answers: Sequence[Prediction]) -> LengthBin:
    wrong, total = (sum(numbers) for numbers in zip(*(answered.errors() for answered in answers), strict=True))
    return LengthBin(
        shortest=min(answered.length for answered in answers),
        longest=max(answered.length for answered in answers),
        n_texts=len(answers),
        error=wrong / total if total else 0.0,
    )


def _type(tag: str) -> str:
    """`PER` of `B-PER`; the tag itself where it has no such start (IOB, IOBES, BILOU, BMES)."""
    return tag[2:] if tag[1:2] == "-" and tag[0] in "BIESLUM" else tag


def _folded(label: str, kept: Sequence[str]) -> str:
    return label if label in kept else OTHERS
