"""What enters the unlabelled pool, and what must never."""

import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.core.errors import DataError
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.data.entry import Suite
from benchmark.data.pool import text_key, unlabeled_pool
from benchmark.data.sources import MIRROR, is_available
from benchmark.data.suites import load_suite

MakeSuite = Callable[..., Suite]

ONE = {"train": ["a1", "a2", "shared", "a2"], "validation": ["v1", "v2"], "test": ["e1", "e2"]}
TWO = {"train": ["b1", "SHARED", "v1", "  E2", "b2"], "validation": ["w1", "a1"], "test": ["f1", "b2"]}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.getbasetemp() / "pool_cache"))
    monkeypatch.delenv("BENCHMARK_PRIVATE_DATA", raising=False)


@pytest.fixture
def make_suite(tmp_path: Path) -> MakeSuite:
    def make(unlabeled: str = "", **datasets: dict[str, list[str]]) -> Suite:
        lines = ["name: mine", "task: classification", "datasets:"]
        for name, splits in datasets.items():
            lines.append(f"  {name}:")
            for split, texts in splits.items():
                rows = "".join(f'"{text}",{i % 2}\n' for i, text in enumerate(texts))
                (tmp_path / f"{name}_{split}.csv").write_text(f"text,label\n{rows}")
                lines.append(f"    {split}: {name}_{split}.csv")
        if unlabeled:
            (tmp_path / "more.txt").write_bytes(unlabeled.encode("latin-1" if "caf\xe9" in unlabeled else "utf-8"))
            lines.append("unlabeled: [more.txt]")
        (tmp_path / "suite.yml").write_text("\n".join(lines))
        return load_suite(str(tmp_path / "suite.yml"), "quickstart")

    return make


def pool_texts(suite: Suite, name: str, limit: int = 0) -> list[object]:
    return list(unlabeled_pool(load_corpus(suite.entries[name]), suite, limit).texts)


def test_pool_is_the_others_text_without_anything_held_out(make_suite: MakeSuite) -> None:
    suite = make_suite(one=ONE, two=TWO)
    assert pool_texts(suite, "one") == ["b1"]
    assert pool_texts(suite, "two") == ["a2"]


def test_unlabelled_files_join_behind(make_suite: MakeSuite) -> None:
    suite = make_suite("c1\r\n\n a1 \nf1\nc2 c3\nc1\n", one=ONE, two=TWO)
    assert pool_texts(suite, "one") == ["b1", "c1", "c2 c3"]


SAME_TEXTS = [
    ("ılık su", "ILIK  SU"),
    ("İzmir", "izmir"),
    ("İZMİR", "izmir"),
    ("IŞIK", "ışık"),
    ("Straße", "STRASSE"),
    ("straße", "STRAẞE"),
    ("ὀδός", "ὈΔΌΣ"),
    ("οδος", "οδοσ"),
    ("caf\u00e9", "cafe\u0301"),
    ("\u1112\u1161\u11ab", "\ud55c"),
    ("ＫＡ\u3000１", "ka 1"),
]


@pytest.mark.parametrize(("one", "other"), SAME_TEXTS)
def test_a_text_is_the_same_in_any_case_of_any_language_and_any_unicode_form(one: str, other: str) -> None:
    assert text_key(one) == text_key(other) == text_key(other.split())


def test_no_case_or_form_of_a_letter_is_another_text() -> None:
    for letter in map(chr, (*range(0xD800), *range(0xE000, 0x20000))):
        others = {letter.upper(), letter.lower(), letter.casefold(), unicodedata.normalize("NFKD", letter)}
        for same in others - {letter}:
            assert text_key(same) == text_key(letter), f"{letter} U+{ord(letter):X} and {same}"


def test_letters_that_differ_by_more_stay_apart() -> None:
    words = ["şu", "su", "ağ", "ag", "öl", "ol", "cafe", "café", "и", "й"]
    assert len(set(map(text_key, words))) == len(words)


def test_held_out_text_in_other_letters_stays_out(make_suite: MakeSuite) -> None:
    held_out = {"train": ["a", "b"], "validation": ["v", "Straße"], "test": ["ılık İzmir", "caf\u00e9"]}
    suite = make_suite("ILIK izmir\nSTRASSE\ncafe\u0301\nkept\n", one=held_out)
    assert pool_texts(suite, "one") == ["kept"]


def test_a_data_sets_own_unlabelled_text_joins_last(make_suite: MakeSuite, tmp_path: Path) -> None:
    suite = make_suite("c1\n", one=ONE, two=TWO)
    (tmp_path / "own.txt").write_text("d1\nv1\nc1\n")
    corpus = load_corpus(replace(suite.entries["one"], unlabeled=(str(tmp_path / "own.txt"),)))
    assert list(unlabeled_pool(corpus, suite).texts) == ["b1", "c1", "d1"]


def test_tagging_pool_holds_words(tmp_path: Path) -> None:
    for name, content in {"a": "x\tB\ny\tO\n", "b": "New York\tB\n\nz\tO\n", "v": "p\tB\nq\tO\n"}.items():
        (tmp_path / f"{name}.conll").write_text(content)
    (tmp_path / "more.txt").write_text("satu dua  tiga\np q\n")
    (tmp_path / "suite.yml").write_text(
        "task: sequence_labeling\nunlabeled: more.txt\ndatasets:\n"
        "  one: {train: a.conll, validation: v.conll, test: v.conll}\n"
        "  two: {train: b.conll, validation: v.conll, test: v.conll}\n"
    )
    suite = load_suite(str(tmp_path / "suite.yml"), "paper")
    assert pool_texts(suite, "one") == [["New York"], ["z"], ["satu", "dua", "tiga"]]


def test_pool_is_the_same_every_time_and_its_digest_tells(make_suite: MakeSuite) -> None:
    suite = make_suite("c1\nc2\n", one=ONE, two=TWO)
    corpus = load_corpus(suite.entries["one"])
    before = unlabeled_pool(corpus, suite)
    assert unlabeled_pool(corpus, suite) == before
    longer = make_suite("c1\nc2\nc3\n", one=ONE, two=TWO)
    assert unlabeled_pool(corpus, longer).digest != before.digest


def test_no_label_is_read(make_suite: MakeSuite) -> None:
    suite = make_suite(one=ONE, two=TWO)
    before = unlabeled_pool(load_corpus(suite.entries["one"]), suite)
    relabelled = {**TWO, "train": ["v1", "b1", "SHARED", "  E2", "b2"]}  # another row order gives b1 the other label
    suite = make_suite(one=ONE, two=relabelled)
    assert unlabeled_pool(load_corpus(suite.entries["one"]), suite) == before


def test_limit_keeps_a_seeded_sample(make_suite: MakeSuite) -> None:
    suite = make_suite("".join(f"c{i}\n" for i in range(100)), one=ONE, two=TWO)
    kept = pool_texts(suite, "one", 10)
    assert len(kept) == 10
    assert kept == pool_texts(suite, "one", 10)
    assert kept != pool_texts(suite, "one")[:10]


def test_broken_unlabelled_file(make_suite: MakeSuite) -> None:
    suite = make_suite("ok\ncaf\xe9\n", one=ONE, two=TWO)
    with pytest.raises(DataError, match=r"more\.txt, line 2: byte 0xe9 is not UTF-8"):
        pool_texts(suite, "one")


def test_public_data_set_that_cannot_be_fetched_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    suite = load_suite("classification", "paper")
    corpus = load_corpus(suite.entries["smalltalk_demo"])
    with pytest.raises(DataError, match="BENCHMARK_DATA_MIRROR"):
        unlabeled_pool(corpus, suite)


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
def test_bundled_pool(task: str) -> None:
    suite = load_suite(task, "quickstart")
    corpus = load_corpus(suite.entries[suite.datasets[0]])
    texts = [text if isinstance(text, str) else " ".join(text) for text in unlabeled_pool(corpus, suite).texts]
    assert len(texts) == len(set(texts)) >= 1000
    assert set(texts) <= set(corpus.unlabeled[0].read_text(encoding="utf-8").split("\n"))


LARGER = ("senta", "smsa", "nergrit", "pos", "clinc150")


@pytest.mark.usefixtures("public_cache")
@pytest.mark.skipif(not os.environ.get(MIRROR), reason=f"{MIRROR} is not set")
@pytest.mark.parametrize("name", ["emot", "terma", *(pytest.param(name, marks=pytest.mark.nightly) for name in LARGER)])
def test_pool_of_the_paper(name: str) -> None:
    suite = load_suite(DATASETS[name].task, "paper")
    corpus = load_corpus(suite.entries[name])
    texts = {tuple(text) for text in unlabeled_pool(corpus, suite).texts}
    others = [load_corpus(suite.entries[each]) for each in suite.datasets if is_available(suite.entries[each])]
    for each in (*others, corpus):
        assert not texts & {tuple(text) for split in ("validation", "test") for text in each.texts(split)}
    assert not texts & set(map(tuple, corpus.texts("train")))
    n_others = sum(len(each.splits["train"]) for each in others if each.name not in (name, "posp"))
    assert 0.8 * n_others < len(texts) <= n_others  # terma repeats itself; nerp and posp hold the same sentences


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (" \n\r\n", r"more\.txt of `unlabeled` holds no text"),
        (
            'kata,0\n"kata, lain",1\nkata\n',
            "more.txt of `unlabeled` holds labels, as in 'kata,0'; .* Write the texts alone",
        ),
        ("kata;0\nkata lain;1\n", "more.txt of `unlabeled` holds labels, as in 'kata;0'"),
        ("kata|0\nkata lain|1\n", "more.txt of `unlabeled` holds labels"),
        ("0,kata\n1,lain\n", "more.txt of `unlabeled` holds labels, as in '0,kata'"),
        ("__label__0 kata\n__label__1 lain\n", "more.txt of `unlabeled` is fastText's format"),
        ("kata " * 4000, r"more\.txt of `unlabeled` is one line of 20,000 characters.* Write one text per line"),
    ],
)
def test_a_file_without_lines_of_text_is_refused(make_suite: MakeSuite, content: str, message: str) -> None:
    suite = make_suite(content, one=ONE, two=TWO)
    with pytest.raises(DataError, match=message):
        pool_texts(suite, "one")
