"""Entities of taggers: those that F1 counts, each at its place in the text."""

import random
from pathlib import Path

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from benchmark.bundle import Bundle
from benchmark.bundle.entities import _spans, entities
from benchmark.distillation.scores import IOBES
from tests.support.bundles import make_bundle

SCHEMES = {"IOB": "BI", "IOBES": "BIES", "BILOU": "BILU", "BMES": "BMES"}


def words_of(n: int) -> list[str]:
    return [f"word{i}" for i in range(n)]


@pytest.mark.parametrize("letters", SCHEMES.values(), ids=SCHEMES)
@pytest.mark.parametrize("types", [("-PER", "-LOC-a_b"), ("",)], ids=["typed", "untyped"])
def test_entities_are_those_that_f1_counts(letters: str, types: tuple[str, ...]) -> None:
    """All sequences of tags count, of which many break their scheme."""
    rng = random.Random(0)
    names = ["O", *(letter + kind for letter in letters for kind in types)]
    for _ in range(500):
        tags = rng.choices(names, k=rng.randrange(8))
        same = [IOBES.get(tag[0], tag[0]) + tag[1:] for tag in tags]
        assert _spans(tags) == get_entities(same), tags


def test_an_entity_has_its_place_and_the_mean_score_of_its_words() -> None:
    text, words = "  Budi\tSantoso tinggal di\nDKI  Jakarta.", ["Budi", "Santoso", "tinggal", "di", "DKI", "Jakarta."]
    tags, scores = ["B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC"], [0.9, 0.7, 1.0, 1.0, 0.5, 0.3]
    found = entities(text, words, tags, scores)
    assert found == [
        {"type": "PER", "start": 2, "end": 14, "text": "Budi\tSantoso", "score": pytest.approx(0.8)},
        {"type": "LOC", "start": 26, "end": 39, "text": "DKI  Jakarta.", "score": pytest.approx(0.4)},
    ]
    assert [text[one["start"] : one["end"]] for one in found] == [one["text"] for one in found]
    assert entities(text, words, tags, scores, min_score=0.5) == found[:1]


def test_a_word_that_occurs_twice_has_its_own_place() -> None:
    found = entities("a ab a", ["a", "ab", "a"], ["O", "O", "B-X"], [1.0] * 3)
    assert [(one["start"], one["text"]) for one in found] == [(5, "a")]


@pytest.mark.parametrize(
    ("text", "place"),
    [("😀 Budi di", (2, 6)), ("\udcff Budi", (2, 6)), (["x y", "Budi"], (4, 8)), ("\x85Budi", (1, 5))],
)
def test_places_are_in_the_text_that_is_returned(text: str | list[str], place: tuple[int, int], tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling", metric="entity_f1"))
    [answer] = bundle.predict([text], scores=True)
    [found] = answer["entities"]
    assert (found["type"], found["start"], found["end"]) == ("PERSON", *place)
    assert answer["text"][found["start"] : found["end"]] == found["text"] == "Budi"


def test_an_entity_below_the_minimum_is_left_out(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling", metric="entity_f1"))
    [answer] = bundle.predict(["Budi"], scores=True, min_score=0.9)
    assert (answer["tags"], answer["entities"]) == ([None], [])


def test_parts_of_speech_have_no_entities(tmp_path: Path) -> None:
    bundle = Bundle.load(make_bundle(tmp_path / "bundle", "sequence_labeling", metric="word_f1"))
    assert bundle.predict(["Budi"], scores=True)[0]["entities"] == []
