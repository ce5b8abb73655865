"""Entities of a tagged text, in IOB, IOBES, BILOU or BMES: type, place in the text, and score."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

OUTSIDE, BEGIN, END = "O", "BSU", "ESLU"
"""Letters of tags: outside; of a first word or a single one; of a last word or a single one."""
UNTYPED = "_"
"""Type of the tags B, I and O without types, as in the scores of a run."""


def entities(
    text: str, words: Sequence[str], tags: Sequence[str], scores: Sequence[float], min_score: float = 0.0
) -> list[dict[str, Any]]:
    """`type`, `start` and `end` (characters of `text`, which has the words in their order), `text` and `score`.

    An entity's score is the mean of its words'; entities below `min_score` are left out.
    """
    places = list(_places(text, words))
    found = []
    for kind, first, last in _spans(tags):
        start, end, score = places[first][0], places[last][1], fmean(scores[first : last + 1])
        if score >= min_score:
            found.append({"type": kind, "start": start, "end": end, "text": text[start:end], "score": score})
    return found


def _places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each word in the text."""
    end = 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        yield start, end


def _spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(type, first word, last word) of each entity.

    Lenient, as the F1 of a run (seqeval's default): an I- that continues no entity of its type begins one.
    """
    spans: list[tuple[str, int, int]] = []
    before, type_before = OUTSIDE, ""
    for word, tag in enumerate(tags):
        letter, kind = tag[:1], tag[1:].split("-", maxsplit=1)[-1] or UNTYPED
        if letter == OUTSIDE:
            before = OUTSIDE
            continue
        if letter in BEGIN or before == OUTSIDE or before in END or kind != type_before:
            spans.append((kind, word, word))
        else:
            spans[-1] = (kind, spans[-1][1], word)
        before, type_before = letter, kind
    return spans
