"""What runs of a data set share: encoding, labels, answers by name, the teacher's logits and their keys."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from transformers import BertTokenizer

from benchmark.data.corpus import Corpus
from benchmark.data.pool import Pool
from benchmark.distillation.encoding import POOL, EncodedDataset, EncodedTexts

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


def make_dataset(
    task: str = "classification", *, digest: str = "d", max_length: int = 8, pool: Any = ("nasi", "aku")
) -> EncodedDataset:
    return EncodedDataset(
        corpus=corpus(task, digest),
        tokenizer=TOKENIZER,
        max_length=max_length,
        read_pool=lambda _: Pool(pool, f"digest of {pool}"),
    )


class Teacher:
    """Answers every text with its number of pieces, and counts its calls."""

    def __init__(self) -> None:
        self.n_calls = 0

    def __call__(self, sentences: EncodedTexts) -> np.ndarray:
        self.n_calls += 1
        return np.stack([sentences.lengths, -sentences.lengths], axis=1).astype(np.float32)


def test_texts_are_encoded_once() -> None:
    encoded_dataset = make_dataset()
    assert encoded_dataset.encoded("train").lengths.tolist() == [3, 4, 3]
    assert encoded_dataset.encoded("train") is encoded_dataset.encoded("train")
    assert len(encoded_dataset.encoded(POOL)) == 2


def test_the_pool_is_read_when_it_is_asked_for() -> None:
    calls = []
    encoded_dataset = make_dataset()
    encoded_dataset.read_pool = lambda source: calls.append(source) or Pool(("nasi",), "p")
    encoded_dataset.encoded("train")
    assert not calls
    encoded_dataset.encoded(POOL)
    assert calls == [POOL]


def test_labels_of_sentences() -> None:
    encoded_dataset = make_dataset()
    assert encoded_dataset.labels("train").tolist() == [0, 1, 1]
    assert encoded_dataset.gold("train") == ["sad", "glad", "glad"]
    assert encoded_dataset.decode(np.array([[0.1, 0.2], [3, -1], [0, 5]], dtype=np.float32), "train") == [
        "glad",
        "sad",
        "glad",
    ]


def test_labels_of_words() -> None:
    encoded_dataset = make_dataset("sequence_labeling")
    assert encoded_dataset.labels("test").tolist() == [0, 1, 0, 1]
    assert encoded_dataset.gold("test") == [["sad", "glad", "sad"], ["glad"]]
    assert len(encoded_dataset.labels("test")) == encoded_dataset.encoded("test").n_targets


def test_a_word_that_was_not_seen_gets_the_commonest_tag_of_train() -> None:
    encoded_dataset = make_dataset("sequence_labeling")
    logits = np.array([[1, 0], [np.nan, np.nan], [1, 0], [1, 0]], dtype=np.float32)
    assert encoded_dataset.decode(logits, "test") == [["sad", "glad", "sad"], ["sad"]]
