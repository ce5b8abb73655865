"""A data set read, checked and cached: what comes out, and what is refused."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from datasets import ClassLabel, List, Value

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data import corpus as corpora
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Split
from benchmark.data.rows import Row
from benchmark.data.splits import cut_validation, labels_of, ranking
from benchmark.data.tags import metric_of

TEXTS = {
    "train": "text,label\na,ya\nb,tidak\nc,ya\n",
    "validation": "text,label\nd,ya\n",
    "test": "text,label\ne,tidak\nf,ya\n",
}
TAGGED = {
    "train": "Budi\tB-PER\nSantoso\tI-PER\npergi\tO\n\nke\tO\nSolo\tB-LOC\n",
    "validation": "Ani\tB-PER\ntidur\tO\n",
    "test": "di\tO\nBali\tB-LOC\n",
}

MakeEntry = Callable[..., DatasetEntry]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_entry(tmp_path: Path) -> MakeEntry:
    """Writes `contents` by split (over the usual ones) and describes them."""

    def make(task: Task = "classification", **contents: str) -> DatasetEntry:
        file_format, usual = ("csv", TEXTS) if task == "classification" else ("conll", TAGGED)
        files: dict[Split, DataFile] = {}
        for split in SPLITS:
            path = tmp_path / f"{split}.{file_format}"
            path.write_text(contents.get(split, usual[split]), encoding="utf-8")
            files[split] = DataFile(path=str(path), format="csv" if task == "classification" else "conll")
        return DatasetEntry(name="mine", task=task, origin="own", files=files)

    return make


def test_classification_corpus(make_entry: MakeEntry) -> None:
    corpus = load_corpus(make_entry())
    assert corpus.splits["train"].features == {"text": Value("string"), "label": ClassLabel(names=["tidak", "ya"])}
    assert corpus.splits["train"][:] == {"text": ["a", "b", "c"], "label": [1, 0, 1]}
    assert (corpus.labels, corpus.metric) == (("tidak", "ya"), "macro_f1")
    assert corpus.source == "train.csv, validation.csv, test.csv"


def test_tagging_corpus(make_entry: MakeEntry) -> None:
    corpus = load_corpus(make_entry("sequence_labeling"))
    labels = ["O", "B-LOC", "B-PER", "I-PER"]
    assert corpus.splits["train"].features == {
        "tokens": List(Value("string")),
        "tags": List(ClassLabel(names=labels)),
    }
    assert corpus.splits["train"][:]["tags"] == [[2, 3, 0], [0, 1]]
    assert corpus.texts("test") == [["di", "Bali"]]
    assert corpus.metric == "entity_f1"


@pytest.mark.parametrize(
    ("task", "labels", "metric"),
    [
        ("classification", ["O", "B-x"], "macro_f1"),
        ("sequence_labeling", ["O", "B-x", "I-x"], "entity_f1"),
        ("sequence_labeling", ["B-x", "I-x"], "entity_f1"),
        ("sequence_labeling", ["O", "B-x"], "entity_f1"),
        ("sequence_labeling", ["B-NNO", "B-$$$"], "word_f1"),
        ("sequence_labeling", ["NN", "IN", "O"], "word_f1"),
        ("sequence_labeling", ["O", "B-x", "I-x", "E-x", "S-x"], "entity_f1"),
        ("sequence_labeling", ["O", "B-x", "I-x", "L-x", "U-x"], "entity_f1"),
        ("sequence_labeling", ["O", "B-x", "M-x", "E-x", "S-x"], "entity_f1"),
        ("sequence_labeling", ["B-x", "E-x", "S-x"], "entity_f1"),
        ("sequence_labeling", ["O", "U-x"], "entity_f1"),
        ("sequence_labeling", ["O", "B-x", "L-x", "E-x"], "word_f1"),
        ("sequence_labeling", ["O", "B-x", "P-x"], "word_f1"),
        ("sequence_labeling", ["O", "E-x", "S"], "word_f1"),
        ("sequence_labeling", ["O", "B", "I"], "entity_f1"),
        ("sequence_labeling", ["B", "M", "E", "S"], "entity_f1"),
        ("sequence_labeling", ["O", "B", "I", "L", "U"], "entity_f1"),
        ("sequence_labeling", ["B", "N", "V"], "word_f1"),
    ],
)
def test_metric_follows_the_labels(task: Task, labels: list[str], metric: str) -> None:
    assert metric_of(task, labels) == metric


def test_labels_come_sorted_with_o_first() -> None:
    row = Row(1, ("a",) * 5, ("I-b", "B-b", "O", "I-a", "B-a"))
    assert labels_of([row]) == ("O", "B-a", "I-a", "B-b", "I-b")


def test_digest_is_of_content_only(make_entry: MakeEntry) -> None:
    first = load_corpus(make_entry())
    content = (
        '{"labels":["tidak","ya"],"splits":{"test":{"label":[0,1],"text":["e","f"]},'
        '"train":{"label":[1,0,1],"text":["a","b","c"]},"validation":{"label":[1],"text":["d"]}},"task":"classification"}'
    )
    assert first.digest == hashlib.sha256(content.encode()).hexdigest()
    tsv = {split: content.replace(",", "\t") for split, content in TEXTS.items()}
    entry = make_entry(**tsv)
    files = {split: replace(file, format="tsv") for split, file in entry.files.items()}
    assert load_corpus(replace(entry, name="other", files=files)).digest == first.digest


@pytest.mark.parametrize("split", SPLITS)
def test_any_edit_changes_rows_and_digest(make_entry: MakeEntry, split: Split) -> None:
    entry = make_entry()
    before = load_corpus(entry)
    path = Path(entry.files[split].path)
    stamp = path.stat()
    path.write_text(TEXTS[split].replace(",ya", "!,ya"), encoding="utf-8")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    after = load_corpus(entry)
    assert after.digest != before.digest
    assert any(text.endswith("!") for text in after.texts(split))


def test_second_load_comes_from_arrow(make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = make_entry("sequence_labeling")
    first = load_corpus(entry)
    monkeypatch.setattr("benchmark.data.parsers.parse", lambda *_: pytest.fail("parsed again"))
    corpora._open.cache_clear()
    second = load_corpus(entry)
    assert second.digest == first.digest
    assert second.splits["train"][:] == first.splits["train"][:]
    assert second.splits["train"].cache_files


@pytest.mark.parametrize("damage", ["about.json", "train/data-00000-of-00001.arrow", "test/state.json"])
def test_broken_cache_is_made_again(make_entry: MakeEntry, cache: Path, damage: str) -> None:
    entry = make_entry()
    first = load_corpus(entry)
    (kept,) = (cache / "arrow").iterdir()
    (kept / damage).write_bytes(b"")
    corpora._open.cache_clear()
    assert load_corpus(entry).digest == first.digest
    corpora._open.cache_clear()
    assert corpora.load_arrow(kept.name) is not None


def test_cache_that_cannot_be_written_is_done_without(make_entry: MakeEntry, cache: Path) -> None:
    cache.write_text("a file where a folder is needed")
    assert len(load_corpus(make_entry()).splits["train"]) == 3


def test_processes_may_fill_the_cache_at_once(make_entry: MakeEntry, cache: Path) -> None:
    entry = make_entry()
    code = (
        f"from benchmark.data.corpus import *; from benchmark.data.entry import *; print(load_corpus({entry!r}).digest)"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert {process.communicate(timeout=60)[0].strip() for process in started} == {load_corpus(entry).digest}
    assert len(list((cache / "arrow").iterdir())) == 1


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


TEXTS_01 = "text,label\nd,0\ne,1\n"


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
        r"test\.csv, line 3: the labels 'ya' and 'Ya' differ in case, spaces or Unicode form alone. Write them alike",
    ),
    "Unicode form of classes": (
        "classification",
        {"train": "text,label\na,caf\u00e9\nb,cafe\u0301\n"},
        "line 3: the labels",
    ),
    "spelling of entity types": (
        "sequence_labeling",
        {"train": "a\tO\nb\tB-PER\nc\tB-Per\n"},
        "line 3: the labels 'B-P",
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


def test_private_data_set_runs_from_ones_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmark.data.catalogue import DATASETS

    (tmp_path / "telco").mkdir()
    for split in SPLITS:
        (tmp_path / "telco" / f"{split}.csv").write_text(TEXTS[split])
    monkeypatch.setenv("BENCHMARK_PRIVATE_DATA", str(tmp_path))
    corpus: Corpus = load_corpus(DATASETS["telco"])
    assert corpus.labels == ("tidak", "ya")
    assert corpus.source == "private to the paper's authors"
