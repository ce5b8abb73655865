"""Scores against an independent computation: chunks and counts by hand."""

import warnings
from collections import Counter
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import BILOU, IOBES

from benchmark.distillation.scores import f1_per_label, macro_f1

CLASSES = ("marah", "senang", "sedih", "takut")
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")


def f1(hits: int, wanted: int, got: int) -> float:
    return 2 * hits / (wanted + got) if hits else 0.0


def class_f1(gold: list[str], predicted: list[str]) -> dict[str, float]:
    hits = Counter(g for g, p in zip(gold, predicted, strict=True) if g == p)
    wanted, got = Counter(gold), Counter(predicted)
    return {label: f1(hits[label], wanted[label], got[label]) for label in wanted}


def entities(tags: list[str]) -> set[tuple[str, int, int]]:
    """(type, first word, last word): a B begins one, and so does an I that follows no word of its type."""
    found: list[tuple[str, int, int]] = []
    for word, tag in enumerate(tags):
        kind = tag[2:]
        if tag.startswith("I-") and found and found[-1][0] == kind and found[-1][2] == word - 1:
            found[-1] = (kind, found[-1][1], word)
        elif tag != "O":
            found.append((kind, word, word))
    return set(found)


def entity_f1(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, float]:
    wanted = {(row, *entity) for row, tags in enumerate(gold) for entity in entities(tags)}
    got = {(row, *entity) for row, tags in enumerate(predicted) for entity in entities(tags)}
    kinds = sorted({kind for _, kind, _, _ in wanted})
    count = lambda found: Counter(kind for _, kind, _, _ in found)  # noqa: E731
    hits, n_wanted, n_got = count(wanted & got), count(wanted), count(got)
    return {kind: f1(hits[kind], n_wanted[kind], n_got[kind]) for kind in kinds}


def mean(scores: dict[str, float]) -> float:
    return sum(scores.values()) / len(scores) if scores else 0.0


pairs_of_labels = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1, max_size=40)
pairs_of_sentences = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=9), min_size=1, max_size=8
)


def columns(rows: list[list[tuple[str, str]]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[gold for gold, _ in row] for row in rows], [[predicted for _, predicted in row] for row in rows]


@given(pairs_of_labels)
def test_macro_f1_equals_counting_by_hand(pairs: list[tuple[str, str]]) -> None:
    (gold,), (predicted,) = columns([pairs])
    expected = class_f1(gold, predicted)
    assert f1_per_label(gold, predicted, "macro_f1", CLASSES) == pytest.approx(expected)
    assert macro_f1(gold, predicted, "macro_f1", CLASSES) == pytest.approx(mean(expected))


@given(pairs_of_sentences.filter(any))
def test_word_f1_equals_counting_by_hand(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = columns(rows)
    expected = class_f1(list(chain(*gold)), list(chain(*predicted)))
    assert f1_per_label(gold, predicted, "word_f1", TAGS) == pytest.approx(expected)
    assert macro_f1(gold, predicted, "word_f1", TAGS) == pytest.approx(mean(expected))


@given(pairs_of_sentences)
@settings(max_examples=300)
def test_entity_f1_equals_chunking_by_hand(rows: list[list[tuple[str, str]]]) -> None:
    gold, predicted = columns(rows)
    expected = entity_f1(gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f1_per_label(gold, predicted, "entity_f1", TAGS) == pytest.approx(expected)
        assert macro_f1(gold, predicted, "entity_f1", TAGS) == pytest.approx(mean(expected))


Spans = list[tuple[str, int]]
"""Type (or O) and length of what follows one another in a sentence."""
spans = st.lists(st.tuples(st.sampled_from(("O", "PER", "LOC")), st.integers(1, 4)), max_size=6)
pairs_of_spans = st.lists(st.tuples(spans, spans), min_size=1, max_size=6)


def written(spans: Spans, letters: str, n_words: int) -> list[str]:
    """Well-formed tags of `n_words`; `letters` begin, go on, end, and stand alone."""
    begin, inside, end, alone = letters
    tags: list[str] = []
    for kind, length in spans:
        length = min(length, n_words - len(tags))
        marks = alone if length == 1 else begin + inside * (length - 2) + end if length else ""
        tags += ["O"] * length if kind == "O" else [f"{mark}-{kind}" for mark in marks]
    return tags + ["O"] * (n_words - len(tags))


def sentences(rows: list[tuple[Spans, Spans]], letters: str) -> tuple[list[list[str]], list[list[str]]]:
    widths = [max(sum(length for _, length in spans) for spans in row) for row in rows]
    gold, predicted = zip(
        *([written(spans, letters, n) for spans in row] for row, n in zip(rows, widths, strict=True)), strict=True
    )
    return list(gold), list(predicted)


def tags_of(letters: str) -> tuple[str, ...]:
    return ("O", *(f"{letter}-{kind}" for kind in ("PER", "LOC") for letter in letters))


@pytest.mark.parametrize(("letters", "scheme"), [("BIES", IOBES), ("BILU", BILOU)])
@given(rows=pairs_of_spans)
@settings(deadline=None, max_examples=40)
def test_well_formed_tags_of_every_scheme_score_as_seqeval_has_them_strictly(
    letters: str, scheme: type, rows: list[tuple[Spans, Spans]]
) -> None:
    gold, predicted = sentences(rows, letters)
    found = f1_per_label(gold, predicted, "entity_f1", tags_of(letters))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of averages without an entity
        if not any(tag != "O" for tags in gold for tag in tags):
            assert found == {}
            return
        strict = classification_report(gold, predicted, mode="strict", scheme=scheme, output_dict=True, zero_division=0)
    assert found == pytest.approx({kind: strict[kind]["f1-score"] for kind in found})
    assert set(found) == {tag[2:] for tags in gold for tag in tags} - {""}


@given(pairs_of_spans)
@settings(deadline=None, max_examples=40)
def test_the_same_entities_score_the_same_in_every_scheme(rows: list[tuple[Spans, Spans]]) -> None:
    scores = [
        f1_per_label(*sentences(rows, letters), "entity_f1", tags_of(letters))
        for letters in ("BIIB", "BIES", "BILU", "BMES")
    ]
    assert scores == [scores[0]] * 4


def test_a_bilou_entity_is_one_entity() -> None:
    gold = [["B-PER", "I-PER", "L-PER", "U-PER", "O"]]
    predicted = [["B-PER", "I-PER", "L-PER", "O", "O"]]
    assert f1_per_label(gold, predicted, "entity_f1", tags_of("BILU")) == {"PER": pytest.approx(2 / 3)}


def test_a_number_written_down() -> None:
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC"]]
    predicted = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "I-LOC"]]
    assert f1_per_label(gold, predicted, "entity_f1", TAGS) == {"LOC": 0.5, "PER": 1.0}
    assert macro_f1(gold, predicted, "entity_f1", TAGS) == 0.75
    assert macro_f1(["marah", "senang"], ["marah", "marah"], "macro_f1", CLASSES) == pytest.approx(1 / 3)


def test_a_class_that_gold_lacks_is_no_part_of_the_mean() -> None:
    gold, predicted = ["marah", "marah", "senang"], ["marah", "takut", "senang"]
    assert list(f1_per_label(gold, predicted, "macro_f1", CLASSES)) == ["marah", "senang"]
    assert macro_f1([["B-PER"]], [["B-LOC"]], "entity_f1", TAGS) == 0.0
    assert list(f1_per_label([["B-PER", "O"]], [["B-PER", "B-LOC"]], "entity_f1", TAGS)) == ["PER"]


def test_classes_come_in_the_order_of_the_label_set() -> None:
    assert list(f1_per_label(["takut", "marah"], ["marah", "marah"], "macro_f1", CLASSES)) == ["marah", "takut"]


def test_pos_tags_are_words_and_not_entities() -> None:
    gold, predicted = [["NN", "VB", "NN"]], [["NN", "NN", "NN"]]
    assert f1_per_label(gold, predicted, "word_f1", ("NN", "VB")) == {"NN": 0.8, "VB": 0.0}


def test_bare_iob_tags_are_one_nameless_type_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f1_per_label([["B", "I", "O"]], [["B", "I", "O"]], "entity_f1", ("B", "I", "O")) == {"_": 1.0}


@pytest.mark.parametrize("tags", [["B", "I", "L", "O", "U"], ["B", "M", "E", "O", "S"]])
def test_bare_tags_of_other_schemes_are_entities_too(tags: list[str]) -> None:
    """Of two entities one is found: precision 1/2, as the cut one counts as another, recall 1/2."""
    cut = [*tags[:2], "O", *tags[3:]]
    assert f1_per_label([tags], [cut], "entity_f1", tags) == {"_": 0.5}


def test_no_entity_in_gold_scores_zero() -> None:
    assert macro_f1([["O", "O"]], [["O", "B-PER"]], "entity_f1", TAGS) == 0.0
    assert f1_per_label([["O"]], [["O"]], "entity_f1", TAGS) == {}


def test_scores_are_python_floats() -> None:
    for metric, gold in (("macro_f1", ["marah"]), ("word_f1", [["B-PER"]]), ("entity_f1", [["B-PER"]])):
        labels = CLASSES if metric == "macro_f1" else TAGS
        assert type(macro_f1(gold, gold, metric, labels)) is float
        assert {type(score) for score in f1_per_label(gold, gold, metric, labels).values()} == {float}


@pytest.mark.parametrize(
    ("gold", "predicted", "metric", "message"),
    [
        (["marah"], ["marah", "takut"], "macro_f1", "number of texts: 1 in gold, 2 predicted"),
        ([["O"]], [], "entity_f1", "number of sentences: 1 in gold, 0 predicted"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "word_f1", "tags in sentence 1: 2 in gold, 1 predicted"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "entity_f1", "tags in sentence 1: 2 in gold, 1 predicted"),
        ([], [], "macro_f1", "no texts to score"),
        (["gembira"], ["marah"], "macro_f1", "gembira.*not in the label set: marah"),
        ([["B-DATE"]], [["O"]], "entity_f1", "B-DATE.*not in the label set"),
        ([["B-DATE"]], [["O"]], "word_f1", "B-DATE.*not in the label set"),
    ],
)
def test_what_cannot_be_scored_is_refused(gold: list, predicted: list, metric: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        macro_f1(gold, predicted, metric, CLASSES if metric == "macro_f1" else TAGS)
