"""Vectors of words: fastText's, trained or read from .vec and .bin files."""

from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from benchmark.core.errors import DataError
from benchmark.distillation.embeddings import (
    FASTTEXT,
    check_vectors,
    read_vectors,
    train_fasttext,
)
from tests.distillation.test_embeddings import PIECES, SENTENCES


@pytest.fixture
def small_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FASTTEXT, "bucket", 500)  # 50,000 rows of random numbers take most of a second


@pytest.mark.usefixtures("small_bucket")
def test_fasttext_gives_every_piece_a_vector_the_same_each_time() -> None:
    vectors = [train_fasttext(SENTENCES, [*PIECES, "unseen"], 8) for _ in range(2)]
    assert (vectors[0].shape, vectors[0].dtype) == ((7, 8), np.float32)
    assert np.array_equal(*vectors)
    assert np.isfinite(vectors[0]).all()
    assert np.unique(vectors[0], axis=0).shape == (7, 8)


@pytest.mark.usefixtures("small_bucket")
def test_fasttext_reads_the_sentences() -> None:
    other = [["suka", "Ġgoreng"]] * 40
    assert not np.allclose(train_fasttext(SENTENCES, PIECES, 8), train_fasttext(other, PIECES, 8))


def vec(folder: Path, *lines: str, header: str = "3 2", end: str = "\n") -> Path:
    path = folder / "words.vec"
    path.write_bytes((end.join([header, *lines]) + end).encode())
    return path


def test_vec_finds_pieces_without_their_marks(tmp_path: Path) -> None:
    path = vec(tmp_path, "aku 1 2", "nasi 3 4 ", "lah -5e-1 6", "other x y", "goreng 7 8")
    expected = [[np.nan] * 2, [1, 2], [-0.5, 6], [3, 4], [7, 8], [np.nan] * 2]
    found = read_vectors(path, PIECES)
    assert np.array_equal(found, np.array(expected, dtype=np.float32), equal_nan=True)
    assert found.dtype == np.float32


def test_pieces_of_one_surface_share_a_vector(tmp_path: Path) -> None:
    found = read_vectors(vec(tmp_path, "lah 1 2"), ["lah", "##lah", "▁lah"])
    assert found.tolist() == [[1, 2]] * 3


def test_a_token_may_hold_a_space_that_is_none(tmp_path: Path) -> None:
    path = vec(tmp_path, "nasi\u00a0goreng 1 2", "a\u2028b 3 4", "aku 5 6")
    assert read_vectors(path, ["nasi\u00a0goreng", "a\u2028b", "aku"]).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_windows_line_ends(tmp_path: Path) -> None:
    assert read_vectors(vec(tmp_path, "aku 1 2", end="\r\n"), ["aku"]).tolist() == [[1, 2]]


def test_bytes_that_are_no_utf8_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_bytes(b"2 2\n\xff\xfe 9 9\naku 1 2\n")
    assert read_vectors(path, ["aku"]).tolist() == [[1, 2]]


def test_lines_of_phrases_are_skipped_and_counted(tmp_path: Path) -> None:
    lines = ["aku 1 2 ", "aku suka 3 4", ". . . 5 6", "at name@x.org 7 8", "suka  9 10", "tahun 2014 1 2"]
    path = vec(tmp_path, *lines, header="6 2")
    assert read_vectors(path, ["aku", "suka", ".", "tahun"])[:2].tolist() == [[1, 2], [9, 10]]
    assert check_vectors(path, ["aku", "suka", ".", "tahun"]) == 4


def test_a_width_that_no_line_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the teacher's 1 tokens; 2 lines hold more than 2 numbers"):
        check_vectors(vec(tmp_path, "aku 1 2 3", "suka 4 5 6"), ["aku"])


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_in_gloves_format_has_no_header(tmp_path: Path, mark: str) -> None:
    path = vec(tmp_path, "suka 3 4", "nasi goreng 5 6", "3 7 8", header=f"{mark}aku 1 2")
    assert read_vectors(path, ["aku", "suka", "3"]).tolist() == [[1, 2], [3, 4], [7, 8]]
    assert check_vectors(path, ["aku", "suka", "3"]) == 1


def test_a_mark_of_byte_order_precedes_a_header(tmp_path: Path) -> None:
    assert read_vectors(vec(tmp_path, "aku 1 2", header="\ufeff1 2"), ["aku"]).tolist() == [[1, 2]]


@pytest.mark.parametrize("header", ["", "aku 1", "aku x 2", "3", "3 0", "3 -2", "3 \u00b2", "x y", ". . . 1 2"])
def test_a_file_whose_first_line_fits_neither_format_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(DataError, match=r"words\.vec is no \.vec file: its first line must be"):
        read_vectors(vec(tmp_path, "aku 1 2", header=header), ["aku"])


@pytest.mark.parametrize("numbers", ["1 x", "1", "", "nan 1", "1 inf"])
def test_a_malformed_line_of_a_wanted_word_is_named(tmp_path: Path, numbers: str) -> None:
    with pytest.raises(DataError, match=r"words\.vec, line 3: .*2"):
        read_vectors(vec(tmp_path, "suka 1 2", f"aku {numbers}"), ["aku"])


def test_vectors_of_another_language_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of the teacher's 2 tokens"):
        read_vectors(vec(tmp_path, "bonjour 1 2"), ["aku", "suka"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fasttext")
    (folder / "text.txt").write_text("aku suka nasi\n" * 50)
    model = fasttext.train_unsupervised(str(folder / "text.txt"), dim=5, minCount=1, bucket=100, thread=1, verbose=0)
    model.save_model(str(folder / "words.bin"))
    return folder / "words.bin"


def test_bin_answers_by_subwords(trained: Path) -> None:
    found = read_vectors(trained, ["▁nasi", "nasi", "##sinasi"])
    model = fasttext.load_model(str(trained))
    assert (found.shape, found.dtype) == ((3, 5), np.float32)
    assert np.array_equal(found[0], model.get_word_vector("nasi"))
    assert np.array_equal(found[0], found[1])
    assert np.isfinite(found[2]).all()
    assert found[2].any()


@pytest.mark.parametrize("content", [b"", b"no model at all, but long enough to be read as one"])
def test_a_broken_bin_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "words.bin").write_bytes(content)
    with pytest.raises(DataError, match=r"words\.bin is no fastText \.bin file"):
        read_vectors(tmp_path / "words.bin", ["aku"])


def trained_on(folder: Path, text: str, **options: Any) -> Path:
    (folder / "text.txt").write_text(text * 30)
    trains = fasttext.train_supervised if "__label__" in text else fasttext.train_unsupervised
    model = trains(str(folder / "text.txt"), dim=4, minCount=1, epoch=1, thread=1, verbose=0, **options)
    model.save_model(str(folder / "words.bin"))
    return folder / "words.bin"


@pytest.mark.parametrize(
    ("options", "absent"),
    [({"maxn": 0}, ["nas", "</s>x"]), ({"minn": 5, "maxn": 5, "bucket": 9}, ["a", "##ya"])],
)
def test_bin_has_no_vector_where_it_knows_neither_word_nor_part(
    tmp_path: Path, options: dict[str, int], absent: list[str]
) -> None:
    """fastText answers zeros there; a Common Crawl model, of n-grams of 5, for unknown words of one or two letters."""
    found = read_vectors(trained_on(tmp_path, "aku suka nasi\n", **options), ["aku", *absent, "nasi"])
    assert np.isnan(found).all(axis=1).tolist() == [False, True, True, False]
    assert np.isfinite(found[[0, 3]]).all()


@pytest.mark.parametrize("options", [{}, {"minn": 2, "maxn": 3, "bucket": 9}])
def test_labels_of_a_bin_are_no_words(tmp_path: Path, options: dict[str, int]) -> None:
    """fastText would answer with a row of the n-grams, or end with an error where there are none."""
    found = read_vectors(trained_on(tmp_path, "__label__a aku suka\n", **options), ["aku", "__label__a"])
    assert np.isnan(found).all(axis=1).tolist() == [False, True]


def test_a_bin_of_another_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of the teacher's 2 tokens"):
        read_vectors(trained_on(tmp_path, "bonjour\n", maxn=0), ["aku", "suka"])


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_bin_with_a_number_that_is_not_finite_is_refused(tmp_path: Path, number: float) -> None:
    path = trained_on(tmp_path, "aku\n", maxn=0)
    content = path.read_bytes()
    start = len(content) - 2 * (1 + 16 + 2 * 4 * 4) + 17  # two matrices of two rows: aku and </s>
    path.write_bytes(content[:start] + np.full((2, 4), number, np.float32).tobytes() + content[start + 32 :])
    with pytest.raises(DataError, match=r"words\.bin holds numbers that are not finite"):
        read_vectors(path, ["aku"])
