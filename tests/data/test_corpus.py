"""A data set read, checked and cached: what comes out, and what is refused."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from datasets import ClassLabel, List, Value

from benchmark.core.spec import Task
from benchmark.data import corpus as corpora
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.entry import SPLITS, Split
from benchmark.data.rows import Row
from benchmark.data.splits import labels_of
from benchmark.data.tags import metric_of
from tests.support.entries import TEXTS, MakeEntry


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
    assert {process.communicate(timeout=600)[0].strip() for process in started} == {load_corpus(entry).digest}
    assert len(list((cache / "arrow").iterdir())) == 1


def test_private_data_set_runs_from_ones_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmark.data.catalogue import DATASETS

    (tmp_path / "telco").mkdir()
    for split in SPLITS:
        (tmp_path / "telco" / f"{split}.csv").write_text(TEXTS[split])
    monkeypatch.setenv("BENCHMARK_PRIVATE_DATA", str(tmp_path))
    corpus: Corpus = load_corpus(DATASETS["telco"])
    assert corpus.labels == ("tidak", "ya")
    assert corpus.source == "private to the paper's authors"
