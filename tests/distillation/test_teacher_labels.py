"""Labels of checkpoints and data, matched by name, by scheme, or by a map."""

from collections.abc import Mapping, Sequence

import pytest

from benchmark.core.errors import UnknownNameError
from benchmark.distillation.teacher_labels import LabelMatch, match_labels, read_head

IOB2 = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def classes(theirs: Sequence[str], ours: Sequence[str], renamed: Mapping[str, str] | None = None) -> LabelMatch:
    match = match_labels(theirs, ours, "macro_f1", renamed or {})
    assert match
    return match


def tags(theirs: Sequence[str], ours: Sequence[str], renamed: Mapping[str, str] | None = None) -> LabelMatch:
    match = match_labels(theirs, ours, "entity_f1", renamed or {})
    assert match
    return match


@pytest.mark.parametrize(
    ("theirs", "head"),
    [
        (("joy", "sad", "very angry"), ""),
        (("sad", "very angry", "joy"), "2 0 1"),
        (("SAD", "Very_Angry", "Joy"), "2 0 1"),
        (("sad", "very-angry", "joy"), "2 0 1"),
    ],
)
def test_classes_match_by_name_in_any_order(theirs: Sequence[str], head: str) -> None:
    match = classes(theirs, ("joy", "sad", "very angry"))
    assert (match.head, match.same_classes, match.is_permutation) == (head, True, True)


@pytest.mark.parametrize("theirs", [("joy", "sad", "fear"), ("joy",)])
def test_other_classes_are_not_the_same(theirs: Sequence[str]) -> None:
    assert not classes(theirs, ("joy", "sad")).same_classes


def test_no_common_class_is_no_match() -> None:
    assert match_labels(("LABEL_0", "LABEL_1"), ("joy", "sad"), "macro_f1", {}) is None
    assert match_labels(("O", "B-DAY"), IOB2, "entity_f1", {}) is None, "O is in all"


def test_labels_that_differ_in_case_alone_are_told_apart() -> None:
    assert classes(("us", "US", "it"), ("US", "it", "us")).head == "1 2 0"


def test_numbers_are_no_other_numbers_without_their_signs() -> None:
    assert not classes(("0", "1"), ("-1", "0")).same_classes
    assert match_labels(("1-2", "3-4"), ("12", "34"), "macro_f1", {}) is None
    assert classes(("COVID_19", "flu"), ("covid-19", "flu")).same_classes


def test_a_map_names_the_datas_labels() -> None:
    renamed = {"LABEL_0": "sad", "LABEL_1": "joy"}
    assert classes(("LABEL_0", "LABEL_1"), ("joy", "sad"), renamed).head == "1 0"


def test_a_map_may_give_several_labels_one_name() -> None:
    match = classes(("bad", "good", "great"), ("bad", "good"), {"great": "good"})
    assert (match.head, match.same_classes) == ("0 1+2", True)


def test_a_map_of_an_unknown_label_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'joi'. Did you mean 'joy'"):
        classes(("joy", "sad"), ("x", "y"), {"joi": "x"})


@pytest.mark.parametrize(
    ("theirs", "ours", "head"),
    [
        pytest.param(("B-LOC", "I-LOC", "O", "I-PER", "B-PER"), IOB2, "2 4 3 0 1", id="another order"),
        pytest.param(("O", "B_per", "I_per", "b-loc", "i-loc"), IOB2, "", id="another spelling"),
        pytest.param(("O", "I-PER", "B-LOC", "I-LOC"), IOB2, "0 - 1 2 3", id="IOB1, where no B-PER was seen"),
        pytest.param(
            ("O", "B-PER", "I-PER", "E-PER", "S-PER", "S-LOC", "B-LOC", "E-LOC"), IOB2, "0 1+4 2+3 5+6 7", id="IOBES"
        ),
        pytest.param(("O", "U-PER", "L-PER", "B-PER", "B-LOC"), IOB2, "0 1+3 2 4 -", id="BILOU"),
        pytest.param(("O", "B-PER", "I-PER"), ("O", "B-PER", "I-PER", "E-PER", "S-PER"), "0 1 2 - -", id="to IOBES"),
        pytest.param(("O", "B-PER", "I-PER"), ("O", "I-PER"), "0 1+2", id="to IOB1"),
        pytest.param(("O", "I", "B"), ("B", "I", "O"), "2 1 0", id="tags without types"),
    ],
)  # fmt: skip
def test_tags_match_by_type_in_any_scheme(theirs: Sequence[str], ours: Sequence[str], head: str) -> None:
    match = tags(theirs, ours)
    assert (match.head, match.same_classes) == (head, True)


def test_types_that_one_side_lacks() -> None:
    match = tags(("O", "B-PER", "B-ART"), ("O", "B-PER", "B-LOC"))
    assert (match.head, match.unused, match.same_classes) == ("0 1 -", ("B-ART",), False)


def test_a_map_may_rename_a_type() -> None:
    theirs = ("O", "B-PERSON", "I-PERSON", "B-LOC", "I-LOC")
    assert tags(theirs, IOB2, {"PERSON": "PER"}).head == ""
    assert tags(("LABEL_0", "LABEL_1"), ("B-PER", "O"), {"LABEL_0": "O", "LABEL_1": "B-PER"}).head == "1 0"


def test_parts_of_speech_match_as_names() -> None:
    match = match_labels(("NOUN", "VERB", "B-ADJ"), ("VERB", "B-ADJ", "NOUN"), "word_f1", {})
    assert match
    assert match.head == "1 2 0"


def test_a_head_is_read_as_it_was_written() -> None:
    assert read_head("2 0+3 -") == [[2], [0, 3], []]
