"""Words are replaced by neighbours in vectors that are trained on the task's own text."""

from collections.abc import Callable
from pathlib import Path

import fasttext
import numpy as np
import pytest

from benchmark.data.augmentation import substitution
from benchmark.data.augmentation.substitution import nearest, neighbours, substituted
from benchmark.data.augmentation.words import core, in_case_of, pick, seeded, with_core
from benchmark.data.corpus import load_corpus
from benchmark.data.pool import unlabeled_pool
from benchmark.data.suites import load_suite
from tests.support.damage import cut_off_the_end, flip_a_bit


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.getbasetemp() / "substitution_cache"))


SENTENCES = [f"{who} suka {what}!" for who in ("Aku", "kamu", "dia") for what in ("nasi", "roti", "mi")]


def test_vectors_are_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    trained, train = [], fasttext.train_unsupervised
    monkeypatch.setattr(fasttext, "train_unsupervised", lambda *a, **k: trained.append(a) or train(*a, **k))
    first = neighbours(SENTENCES, SENTENCES * 3)
    assert neighbours(SENTENCES, SENTENCES * 3) == first
    assert len(trained) == 1
    neighbours(SENTENCES, SENTENCES * 4)
    assert len(trained) == 2


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off_the_end])
def test_damaged_vectors_are_trained_again(
    damage: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path))
    first = neighbours(SENTENCES, SENTENCES * 3)
    [path] = (tmp_path / "vectors").iterdir()
    written = path.read_bytes()
    damage(path)
    assert neighbours(SENTENCES, SENTENCES * 3) == first
    assert path.read_bytes() == written


def directions(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_nearest_by_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = directions(0, 5, 90, 100, 180) * np.array([[1], [9], [1], [3], [2]], dtype=np.float32)
    monkeypatch.setattr(substitution, "BLOCK", 2)
    monkeypatch.setattr(substitution, "TOP_K", 2)
    assert nearest(vectors) == [[1, 2], [0, 2], [3, 4], [2, 4], [3, 2]]


def test_a_neighbour_is_one_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(substitution, "NEIGHBOURHOOD", 1)
    assert nearest(directions(0, 10, 15)) == [[], [2], [1]]


def test_a_word_near_to_all_is_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Word 0 has the highest cosine with word 5 too, but is nearer to its own crowd."""
    monkeypatch.setattr(substitution, "NEIGHBOURHOOD", 2)
    near = nearest(directions(0, 1, -1, 30, 62))
    assert near[4] == [3]


def test_words_that_are_alone() -> None:
    assert nearest(directions(0)) == [[]]
    assert len(nearest(np.zeros((3, 2), dtype=np.float32))) == 3


def test_neighbours_in_the_bundled_pool_make_sense() -> None:
    suite = load_suite("classification", "quickstart")
    corpus = load_corpus(suite.entries["smalltalk_demo"])
    near = neighbours(corpus.texts("train"), unlabeled_pool(corpus, suite).texts)
    assert {"aku", "saya", "gue", "gw"} >= set(near["aku"]) != set()
    assert {"nggak", "ga", "gak", "ngga", "tidak"} & set(near["nggak"])
    assert {"halo", "hei", "hai"} & set(near["hai"])
    assert len(near) > 500


@pytest.mark.parametrize(
    ("word", "letters"),
    [
        ("nasi", "nasi"), ("(Nasi),", "Nasi"), ('"enak!"', "enak"), ("anak-anak", "anak-anak"), ("jum'at.", "jum'at"),
        ("[URL]", ""), ("@ani", ""), ("#promo", ""), ("12", ""), ("a.id", ""), ("😀", ""), ("", ""), ("covid19", ""),
        ("...", ""),
    ],
)  # fmt: skip
def test_the_core_of_a_word(word: str, letters: str) -> None:
    assert core(word) == letters
    assert with_core(word, "X") == (word.replace(letters, "X") if letters else word)


def test_case_is_kept() -> None:
    assert [in_case_of(old, "roti") for old in ("nasi", "Nasi", "NASI", "A")] == ["roti", "Roti", "ROTI", "Roti"]


def test_a_share_of_the_words_at_least_one() -> None:
    rng = seeded("teks", 0)
    assert [len(pick(range(n), 0.15, rng)) for n in (0, 1, 3, 10, 20)] == [0, 1, 1, 2, 3]
    assert seeded("teks", 0).random() == seeded("teks", 0).random() != seeded("teks", 1).random()


def test_a_text_without_known_words_stays() -> None:
    assert substituted("apa ini", {}, 0) == "apa ini"
    assert substituted("Apa, ini", {"apa": ["siapa"]}, 0) == "Siapa, ini"
