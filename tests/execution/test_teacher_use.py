"""Whether a teacher is used as it is or fine-tuned, by its config.json and the data's labels."""

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmark.core.errors import InputError
from benchmark.core.spec import Task
from benchmark.data.corpus import Corpus
from benchmark.data.entry import TeacherEntry
from benchmark.execution.teacher_use import TeacherUse, teacher_use

MOODS = ("joy", "sad", "anger")
IOB2 = ("O", "B-PER", "I-PER")
CLASSES, TAGS = "BertForSequenceClassification", "BertForTokenClassification"


def config(architecture: str, labels: Sequence[str]) -> dict[str, Any]:
    return {"architectures": [architecture], "id2label": {str(row): label for row, label in enumerate(labels)}}


def use(
    content: dict[str, Any], ours: Sequence[str] = MOODS, task: Task = "classification", **given: Any
) -> TeacherUse:
    metric = "macro_f1" if task == "classification" else "entity_f1"
    corpus = SimpleNamespace(name="mine", task=task, labels=tuple(ours), metric=metric)
    return teacher_use(TeacherEntry(name="bert", **given), content, cast("Corpus", corpus))


def test_a_checkpoint_of_the_datas_labels_is_used_as_it_is() -> None:
    found = use(config(CLASSES, ("SAD", "joy", "anger")))
    assert (found.as_is, found.head) == (True, "1 0 2")
    assert str(found) == "as is, since its labels are the data's, in another order"


@pytest.mark.parametrize(
    ("content", "head", "reason"),
    [
        ({}, "", "a config.json without architectures has no head for classif"),
        (config("BertModel", ()), "", "BertModel has no head for classification"),
        (config("BertForMaskedLM", MOODS), "", "BertForMaskedLM has no head for classification"),
        (config(TAGS, MOODS), "new", "BertForTokenClassification has no head for classification"),
        (config(CLASSES, ("LABEL_0", "LABEL_1", "LABEL_2")), "new", "its labels have no names but LABEL_0, LABEL_1"),
        ({"architectures": [CLASSES]}, "", "its labels have no names but LABEL_0, LABEL_1"),
        (config(CLASSES, ("good", "bad", "sad")), "new", "its labels (good, bad, sad) are not the data's (joy, sad"),
        (config(CLASSES, (*MOODS, "fear")), "", "its labels (joy, sad, anger, fear) are not the data's (joy, sad"),
    ],
)
def test_any_other_is_fine_tuned(content: dict[str, Any], head: str, reason: str) -> None:
    found = use(content)
    assert (found.as_is, found.head) == (False, head)
    assert str(found).startswith(f"fine-tuned here, since {reason}")


def test_labels_that_do_not_exclude_each_other_are_not_used_as_they_are() -> None:
    content = {**config(CLASSES, MOODS), "problem_type": "multi_label_classification"}
    found = use(content)
    assert not found.as_is
    assert str(found) == (
        "fine-tuned here, since its config.json says multi_label_classification, whose labels do not exclude each other"
    )
    with pytest.raises(InputError, match=r"cannot be used as it is: `problem_type` of its config\.json is multi_label"):
        use(content, as_is=True)
    assert use({**content, "problem_type": "single_label_classification"}).as_is


def test_fine_tuning_on_demand_begins_from_the_head_in_the_datas_order() -> None:
    found = use(config(CLASSES, ("sad", "joy", "anger")), as_is=False)
    assert (found.as_is, found.head) == (False, "1 0 2")
    assert use(config(CLASSES, MOODS), as_is=False).head == ""


def test_tags_of_another_scheme_are_used_as_they_are() -> None:
    found = use(config(TAGS, ("O", "B-PER", "I-PER", "E-PER", "S-PER")), IOB2, "sequence_labeling")
    assert (found.as_is, found.head) == (True, "0 1+4 2+3")
    lacking = use(config(TAGS, ("O", "I-PER")), IOB2, "sequence_labeling")
    assert str(lacking).endswith("it never predicts B-PER")


def test_types_in_part_are_used_as_they_are_on_demand_alone() -> None:
    content = config(TAGS, ("O", "B-PER", "I-PER", "B-ART"))
    assert not use(content, IOB2, "sequence_labeling").as_is
    found = use(content, IOB2, "sequence_labeling", as_is=True)
    assert str(found).endswith("its labels are in part the data's, in another scheme or number; it has B-ART besides")


def test_a_map_makes_it_as_it_is() -> None:
    content = config(CLASSES, ("LABEL_0", "LABEL_1", "LABEL_2"))
    labels = {"LABEL_0": "anger", "LABEL_1": "joy", "LABEL_2": "sad"}
    assert use(content, labels=labels).head == "1 2 0"
    trained = use(content, labels=labels, as_is=False)
    assert (trained.as_is, trained.head) == (False, "1 2 0")


@pytest.mark.parametrize(
    ("content", "given", "message"),
    [
        (config("BertModel", ()), {"as_is": True}, "is a BertModel, and classification as it is takes a ...ForSe"),
        ({}, {"as_is": True}, "has no config.json that names its architecture, and classification as it is"),
        (config(TAGS, MOODS), {"as_is": True}, "is a BertForTokenClassification, and classification as it is takes"),
        (config(CLASSES, ("a", "b", "c")), {"as_is": True}, "on 'mine': its labels are a, b, c, and the data's are j"),
        (config(CLASSES, ("a", "b", "c")), {"labels": {"a": "joy"}}, "its labels are a (mapped to joy), b, c, and"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_as_it_is_gets_one_message(
    content: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        use(content, **given)


def test_long_lists_of_labels_are_cut() -> None:
    found = use(config(CLASSES, [f"class {number}" for number in range(60)]))
    assert "class 29 and 30 more" in found.reason
