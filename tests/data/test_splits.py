"""Samples and validation splits: seeded, stratified, the same everywhere."""

from dataclasses import replace

import pytest

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import SPLITS
from benchmark.data.rows import Row
from benchmark.data.splits import cut_validation, ranking
from tests.support.entries import MakeEntry

TEXTS_01 = "text,label\nd,0\ne,1\n"


def test_limit_keeps_a_seeded_sample(make_entry: MakeEntry) -> None:
    entry = make_entry(
        train="text,label\n" + "".join(f"t{i},{i % 2}\n" for i in range(50)), validation=TEXTS_01, test=TEXTS_01
    )
    whole, sample, again = load_corpus(entry), load_corpus(entry, 10), load_corpus(entry, 10)
    assert {split: len(sample.splits[split]) for split in SPLITS} == {"train": 10, "validation": 2, "test": 2}
    assert sample.labels == whole.labels
    assert sample.digest == again.digest != whole.digest
    assert set(sample.texts("train")) < set(whole.texts("train"))
    assert sample.texts("train") != whole.texts("train")[:10]


def test_ranking_is_the_same_everywhere() -> None:
    assert ranking(6, "seed") == [5, 0, 3, 1, 2, 4]


def test_validation_cut_is_stratified() -> None:
    rows = [Row(i, f"t{i}", label) for i, label in enumerate(["big"] * 80 + ["small"] * 20 + ["single"])]
    train, validation = cut_validation(rows, 0.1, "classification", "file")
    assert [row.label for row in validation].count("big") == 8
    assert [row.label for row in validation].count("small") == 2
    assert sorted(train + validation) == rows
    assert validation != rows[:10]
    assert cut_validation(rows, 0.1, "classification", "file") == (train, validation)


@pytest.mark.parametrize("n_before", range(12))
def test_validation_cut_leaves_every_tag_in_train(n_before: int) -> None:
    rows = [Row(i, ("a", "b"), ("O", "B-PER")) for i in range(12)]
    rows[n_before] = Row(n_before, ("c", "d"), ("O", "B-LOC"))
    train, validation = cut_validation(rows, 0.5, "sequence_labeling", "file")
    assert rows[n_before] in train
    assert len(validation) == 6


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
@pytest.mark.parametrize("fraction", [0.001, 0.5, 0.999])
def test_validation_cut_leaves_both_sides_rows(task: Task, fraction: float) -> None:
    rows = [Row(i, f"t{i}", label) for i, label in enumerate("aab")]
    train, validation = cut_validation(rows, fraction, task, "file")
    assert train
    assert validation
    assert len(train) + len(validation) == 3
    if task == "classification":
        assert {row.label for row in train} == {"a", "b"}


def test_validation_fraction_of_an_entry(make_entry: MakeEntry) -> None:
    entry = make_entry(train="text,label\n" + "".join(f"t{i},{'ya' if i % 2 else 'tidak'}\n" for i in range(20)))
    files = {split: entry.files[split] for split in ("train", "test")}
    corpus = load_corpus(replace(entry, files=files, validation_fraction=0.2))
    assert (len(corpus.splits["train"]), len(corpus.splits["validation"])) == (16, 4)
    assert sorted(corpus.splits["validation"][:]["label"]) == [0, 0, 1, 1]
    with pytest.raises(DataError, match=r"too few rows \(2\) to cut off a validation split"):
        load_corpus(replace(make_entry(train="text,label\na,ya\nb,tidak\n"), files=files, validation_fraction=0.2))
