"""What runs of a data set share: encoding, labels, answers by name, the teacher's logits and their keys."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from transformers import BertTokenizer

from benchmark.core.errors import RunError
from benchmark.data.corpus import Corpus
from benchmark.data.pool import Pool
from benchmark.distillation.encoded_dataset import POOL, Classroom
from benchmark.distillation.encoding import Sentences

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "aku", "suka", "nasi", "goreng"]
TOKENIZER = BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)})
NOTHING = "\u200b"

TEXTS = {"train": [("aku", 0), ("suka nasi", 1), ("nasi", 1)], "validation": [("suka", 1)], "test": [("goreng", 0)]}
WORDS = {
    "train": [(["aku", "suka"], [0, 1]), (["nasi", NOTHING], [1, 1])],
    "validation": [(["aku"], [0])],
    "test": [(["aku", NOTHING, "nasi"], [0, 1, 0]), (["suka"], [1])],
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))


def corpus(task: str, digest: str = "d") -> Corpus:
    names = ClassLabel(names=["sad", "glad"])
    tagging = task == "sequence_labeling"
    features = (
        Features({"tokens": List(Value("string")), "tags": List(names)})
        if tagging
        else Features({"text": Value("string"), "label": names})
    )
    rows = {split: list(zip(*pairs, strict=True)) for split, pairs in (WORDS if tagging else TEXTS).items()}
    data = {
        split: Dataset.from_dict(dict(zip(features, map(list, columns), strict=True)), features)
        for split, columns in rows.items()
    }
    return Corpus(
        name="tiny",
        task=task,
        splits=DatasetDict(data),
        labels=tuple(names.names),
        metric="word_f1" if tagging else "macro_f1",
        digest=digest,
        licence="none",
        source="here",
    )


def room(
    task: str = "classification", *, digest: str = "d", max_length: int = 8, pool: Any = ("nasi", "aku")
) -> Classroom:
    return Classroom(
        corpus=corpus(task, digest),
        tokenizer=TOKENIZER,
        max_length=max_length,
        read_pool=lambda _: Pool(pool, f"digest of {pool}"),
    )


class Teacher:
    """Answers every text with its number of pieces, and counts how often it is asked."""

    def __init__(self) -> None:
        self.n_calls = 0

    def __call__(self, sentences: Sentences) -> np.ndarray:
        self.n_calls += 1
        return np.stack([sentences.lengths, -sentences.lengths], axis=1).astype(np.float32)


def test_texts_are_encoded_once() -> None:
    classroom = room()
    assert classroom.sentences("train").lengths.tolist() == [3, 4, 3]
    assert classroom.sentences("train") is classroom.sentences("train")
    assert len(classroom.sentences(POOL)) == 2


def test_the_pool_is_read_when_it_is_asked_for() -> None:
    calls = []
    classroom = room()
    classroom.read_pool = lambda source: calls.append(source) or Pool(("nasi",), "p")
    classroom.sentences("train")
    assert not calls
    classroom.sentences(POOL)
    assert calls == [POOL]


def test_labels_of_sentences() -> None:
    classroom = room()
    assert classroom.labels("train").tolist() == [0, 1, 1]
    assert classroom.gold("train") == ["sad", "glad", "glad"]
    assert classroom.decode(np.array([[0.1, 0.2], [3, -1], [0, 5]], dtype=np.float32), "train") == [
        "glad",
        "sad",
        "glad",
    ]


def test_labels_of_words() -> None:
    classroom = room("sequence_labeling")
    assert classroom.labels("test").tolist() == [0, 1, 0, 1]
    assert classroom.gold("test") == [["sad", "glad", "sad"], ["glad"]]
    assert len(classroom.labels("test")) == classroom.sentences("test").n_answers


def test_a_word_that_was_not_seen_gets_the_commonest_tag_of_train() -> None:
    classroom = room("sequence_labeling")
    logits = np.array([[1, 0], [np.nan, np.nan], [1, 0], [1, 0]], dtype=np.float32)
    assert classroom.decode(logits, "test") == [["sad", "glad", "sad"], ["sad"]]


def test_logits_are_computed_once_and_found_by_another_classroom() -> None:
    teacher = Teacher()
    first = room().teacher_logits("train", "k", teacher)
    second = room().teacher_logits("train", "k", teacher)
    assert first[:, 0].tolist() == second[:, 0].tolist() == [3, 4, 3]
    assert teacher.n_calls == 1


@pytest.mark.parametrize(
    ("changed", "key", "part"),
    [
        ({}, "other teacher", "train"),
        ({}, "k", "validation"),
        ({"digest": "other data"}, "k", "train"),
        ({"max_length": 7}, "k", "train"),
    ],
    ids=["teacher", "split", "data", "max_length"],
)
def test_logits_belong_to_teacher_data_split_and_length(changed: dict[str, Any], key: str, part: Any) -> None:
    teacher = Teacher()
    room().teacher_logits("train", "k", teacher)
    room(**changed).teacher_logits(part, key, teacher)
    assert teacher.n_calls == 2


def test_logits_of_the_pool_belong_to_the_pool_and_not_to_the_data_set() -> None:
    teacher = Teacher()
    room().teacher_logits(POOL, "k", teacher)
    room(digest="other data").teacher_logits(POOL, "k", teacher)
    assert teacher.n_calls == 1
    room(pool=("aku", "nasi")).teacher_logits(POOL, "k", teacher)
    assert teacher.n_calls == 2


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
def test_an_empty_pool_has_no_logits_and_asks_no_teacher(task: str) -> None:
    def never(_: Sentences) -> np.ndarray:
        raise RunError("asked")

    classroom = room(task, pool=())
    assert len(classroom.sentences(POOL)) == 0
    assert classroom.teacher_logits(POOL, "k", never).shape == (0, 2)
