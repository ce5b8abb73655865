"""Data that no model can be trained on: refused in one line."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import SPLITS, DatasetEntry
from tests.support.entries import TAGGED, TEXTS, MakeEntry

UNFIT: dict[str, tuple[Task, dict[str, str], str]] = {
    "empty train": ("classification", {"train": "text,label\n"}, r"train\.csv: the train split is empty"),
    "empty file": ("classification", {"train": ""}, r"train\.csv: the train split is empty"),
    "empty test": ("sequence_labeling", {"test": "\n\n"}, r"test\.conll: the test split is empty"),
    "one class": ("classification", {"train": "text,label\na,ya\nb,ya\n"}, "every row of train has the label 'ya'"),
    "one tag": ("sequence_labeling", {"train": "a\tO\n\nb\tO\n"}, "every row of train has the label 'O'"),
    "unknown label": (
        "classification",
        {"validation": "text,label\nd,ya\ne,yaa\n"},
        r"validation\.csv \(validation\), line 3: label 'yaa' does not occur in train. Allowed: tidak, ya\.",
    ),
    "unknown tag": ("sequence_labeling", {"test": "a\tO\nb\tB-XYZ\n"}, "line 1: label 'B-XYZ' does not occur in train"),
    "spelling of classes": (
        "classification",
        {"test": "text,label\ne,ya\nf,Ya\n"},
        r"test\.csv, line 3: the labels 'ya' and 'Ya' differ in spelling alone: .* Write them alike",
    ),
    "Unicode form of classes": (
        "classification",
        {"train": "text,label\na,caf\u00e9\nb,cafe\u0301\n"},
        "line 3: the labels",
    ),
    "spelling of entity types": (
        "sequence_labeling",
        {"train": "a\tO\nb\tB-PER\nc\tB-Per\n"},
        "line 3: the labels 'B-PER' and 'B-Per' differ",
    ),
    "spelling of an entity type by letter": (
        "sequence_labeling",
        {"train": "a\tO\nb\tB-PER\nc\tI-Per\n"},
        "line 3: the labels 'B-PER' and 'I-Per' differ",
    ),
    "invisible character in a part of speech": (
        "sequence_labeling",
        {"train": "a\tNN\nb\tVB\nc\tNN\u200b\n"},
        r"line 3: the labels 'NN' and 'NN\\u200b' differ",
    ),
    "numbers to be predicted": (
        "classification",
        {"train": "text,label\n" + "".join(f"teks {i},{i / 7:.3f}\n" for i in range(40))},
        r"label 'ya' does not occur in train.* The 40 rows of train have 40 labels: is their column one of classes\?",
    ),
    "ids of tags": (
        "sequence_labeling",
        dict.fromkeys(SPLITS, "Budi\t3\npergi\t0\n\ndi\t0\nSolo\t10\n"),
        r"train\.conll: the tags are numbers, such as '0', .* Write the names, as in 'B-PER'",
    ),
    "columns changed over": (
        "sequence_labeling",
        dict.fromkeys(SPLITS, "B-PER\tBudi\nI-PER\tHadi\nO\tpergi\n"),
        r"train\.conll: the words are tags, such as 'B-PER'\. Name the columns .* `text: 1` and `label: 0`",
    ),
    "masked classes": ("classification", {"test": "text,label\ne,ya\nf,ya\n"}, "all 2 rows of test .*'ya'.* masked"),
    "masked tags": ("sequence_labeling", {"test": "a\tO\n\nb\tO\nc\tO\n"}, "all 2 rows of test .*'O'.* masked"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_data_is_refused_and_not_cached(make_entry: MakeEntry, cache: Path, case: str) -> None:
    task, contents, message = UNFIT[case]
    entry = make_entry(task, **contents)
    for _ in range(2):
        with pytest.raises(DataError, match=message):
            load_corpus(entry)
    assert not cache.exists()


def named(make_entry: MakeEntry, task: Task, header: str, **contents: str) -> DatasetEntry:
    """The usual files with `header` above, read by position."""
    usual = TEXTS if task == "classification" else TAGGED
    bare = {split: content.removeprefix("text,label\n") for split, content in (usual | contents).items()}
    return replace(make_entry(task, **{s: header + rows for s, rows in bare.items()}), text=0, label=1)


@pytest.mark.parametrize("header", ["text,label\n", "\nTeks, kelas\n"])
def test_a_header_read_by_position_is_refused(make_entry: MakeEntry, cache: Path, header: str) -> None:
    first, second = (repr(name) for name in header.strip().split(","))
    message = rf"mine: .*train\.csv, line \d: {first} with label {second.replace(' ', '')} .* `text: {first}`"
    entry = named(make_entry, "classification", header)
    with pytest.raises(DataError, match=message):
        load_corpus(entry)
    with pytest.raises(DataError, match=message):
        load_corpus(replace(entry, files=dict(list(entry.files.items())[::2]), validation_fraction=0.3))
    assert not cache.exists()


@pytest.mark.parametrize("header", ["token\ttag\n", "token\ttag\n\n"])
@pytest.mark.parametrize("columns", [{}, {"text": None, "label": None}])
def test_a_header_of_conll_is_refused(make_entry: MakeEntry, header: str, columns: dict[str, None]) -> None:
    entry = replace(named(make_entry, "sequence_labeling", header), **columns)
    with pytest.raises(DataError, match=r"train\.conll, line 1: 'token' with label 'tag' .* Remove that line"):
        load_corpus(entry)


@pytest.mark.parametrize(
    "first", [dict.fromkeys(SPLITS, "same,ya\n"), {"train": "same,odd\n", "validation": "same,odd\n", "test": ""}]
)
def test_a_first_row_that_is_no_header_is_read(make_entry: MakeEntry, first: dict[str, str]) -> None:
    rows = {split: first[split] + content.removeprefix("text,label\n") for split, content in TEXTS.items()}
    corpus = load_corpus(named(make_entry, "classification", "", **rows))
    assert corpus.texts("train")[0] == "same"


def test_one_conll_file_for_all_splits_has_no_header(make_entry: MakeEntry) -> None:
    assert load_corpus(make_entry("sequence_labeling", **dict.fromkeys(SPLITS, "Ani\tB-PER\ntidur\tO\n"))).labels
