"""Data sets without labelled training text: their splits, labels and pool."""

from pathlib import Path

import pytest

from benchmark.core.errors import DataError, InputError
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.entry import Suite
from benchmark.data.pool import unlabeled_pool
from benchmark.data.suites import load_suite

TEST = "text,label\nselamat pagi,greet\nsampai jumpa,leave\n"
MANY = "".join(f"teks nomor {number}\n" for number in range(40))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    Path("test.csv").write_text(TEST)
    Path("test.conll").write_text("Budi\tB-PER\npergi\tO\n\ndi\tO\nSolo\tB-LOC\n")
    Path("many.txt").write_text(MANY + "Selamat  PAGI\nteks nomor 0\n")


def suite(files: str, task: str = "classification", more: str = "") -> Suite:
    Path("mine.yml").write_text(f"task: {task}\n{more}datasets: {{mine: {{{files}}}}}\n")
    return load_suite("mine.yml", "quickstart")


def corpus(files: str, task: str = "classification", more: str = "") -> Corpus:
    return load_corpus(suite(files, task, more).entries["mine"])


def test_a_tenth_of_the_unlabelled_text_validates_and_the_rest_is_learnt_from() -> None:
    made = suite("test: test.csv, unlabeled: many.txt")
    data = load_corpus(made.entries["mine"])
    pool = unlabeled_pool(data, made)
    assert [len(data.splits[split]) for split in ("train", "validation", "test")] == [0, 4, 2]
    assert len(pool.texts) == 36
    assert not set(pool.texts) & {*data.texts("validation"), *data.texts("test"), "Selamat  PAGI"}
    assert (data.is_labelled, data.has_gold("validation"), data.has_gold("test")) == (False, False, True)


def test_a_second_reading_from_the_cache_is_the_same() -> None:
    first, second = corpus("test: test.csv, unlabeled: many.txt"), corpus("test: test.csv, unlabeled: many.txt")
    assert first.digest == second.digest
    assert first.texts("validation") == second.texts("validation")
    assert len(second.splits["train"]) == 0


def test_edited_text_is_read_again() -> None:
    before = corpus("test: test.csv, unlabeled: many.txt").digest
    Path("many.txt").write_text(MANY.replace("teks", "kalimat"))
    assert corpus("test: test.csv, unlabeled: many.txt").digest != before


def test_the_share_may_be_another_and_the_text_the_suites() -> None:
    data = corpus("test: test.csv, validation_fraction: 0.5", more="unlabeled: many.txt\n")
    assert len(data.splits["validation"]) == 20


def test_a_labelled_validation_split_is_kept() -> None:
    data = corpus("test: test.csv, validation: test.csv, unlabeled: many.txt")
    assert data.has_gold("validation")
    assert not data.is_labelled


def test_labels_are_those_of_test_or_as_named() -> None:
    assert corpus("test: test.csv, unlabeled: many.txt").labels == ("greet", "leave")
    named = corpus("test: test.csv, unlabeled: many.txt, labels: [leave, greet, ask]")
    assert named.labels == ("leave", "greet", "ask")
    with pytest.raises(DataError, match=r"label 'greet' does not occur in `labels`.* add it to `labels`"):
        corpus("test: test.csv, unlabeled: many.txt, labels: [leave, ask]")


def test_sentences_of_words_have_no_labels_either() -> None:
    data = corpus("test: test.conll, unlabeled: many.txt", "sequence_labeling")
    assert data.texts("validation")[0][:2] == ["teks", "nomor"]
    assert not data.has_gold("validation")
    assert data.metric == "entity_f1"


def test_a_limit_samples_every_split() -> None:
    entry = suite("test: test.csv, unlabeled: many.txt").entries["mine"]
    assert len(load_corpus(entry, limit=2).splits["validation"]) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("test: test.csv", "`train` is missing. Add a line `train: ...`, or, with a teacher that is used as it is"),
        ("test: test.csv, unlabeled: none.txt", "no file"),
        ("test: test.csv, unlabeled: many.txt, validation: test.csv, validation_fraction: 0.1", "not 2 of them"),
        ("train: test.csv, test: test.csv, validation: test.csv, labels: [a, b]", "`labels` are those of train"),
    ],
)
def test_a_wrong_data_set_is_refused(files: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        suite(files)


def test_too_little_text_is_refused() -> None:
    Path("many.txt").write_text("teks\nSelamat pagi\n")
    with pytest.raises(DataError, match="mine: the unlabelled text has 1 texts besides those of test"):
        corpus("test: test.csv, unlabeled: many.txt")
