"""Where a word-piece table starts: reduction, scaling, fastText and vector files."""

from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest
import torch
from torch import nn

from benchmark.core.errors import DataError
from benchmark.distillation.embeddings import (
    FASTTEXT,
    check_vectors,
    fit_width,
    initialise_embeddings,
    read_vectors,
    train_fasttext,
)

PIECES = ["[PAD]", "aku", "##lah", "▁nasi", "Ġgoreng", "suka"]
SENTENCES = [["aku", "suka", "▁nasi"], ["suka", "##lah", "aku"]] * 20


def table(rows: int = 6, width: int = 4, padding: int | None = None) -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(rows, width, padding_idx=padding)


def matrix(rows: int = 6, width: int = 4) -> np.ndarray:
    scale = np.linspace(1, 5, width)  # some directions matter more
    return (np.random.default_rng(0).normal(size=(rows, width)) * scale + 3).astype(np.float32)


def test_a_table_of_the_same_width_is_centred_and_scaled() -> None:
    embedding, source = table(), matrix()
    deviation = embedding.weight.std().item()
    initialise_embeddings(embedding, source)
    centred = source - source.mean(axis=0)
    started = embedding.weight.detach().numpy()
    np.testing.assert_allclose(started, centred * (deviation / centred.std(ddof=1)), rtol=1e-4, atol=1e-5)
    assert embedding.weight.std().item() == pytest.approx(deviation, rel=1e-4)


@pytest.mark.parametrize("std", [0.02, 1.0])
def test_the_deviation_is_the_students_own_whatever_the_sources(std: float) -> None:
    embedding = table(200, 8)
    nn.init.normal_(embedding.weight, std=std)
    initialise_embeddings(embedding, 40 * matrix(200, 16))
    assert embedding.weight.std().item() == pytest.approx(std, rel=0.1)


def test_rows_of_nan_keep_their_chance_start() -> None:
    embedding, source = table(), matrix()
    before = embedding.weight.detach().clone()
    source[[1, 4]] = np.nan
    source[2, 3] = np.nan
    initialise_embeddings(embedding, source)
    assert torch.equal(embedding.weight[[1, 2, 4]], before[[1, 2, 4]])
    assert embedding.weight.isfinite().all()
    assert not torch.isclose(embedding.weight[[0, 3, 5]], before[[0, 3, 5]]).all(dim=1).any()


def test_the_padding_row_stays_zero() -> None:
    embedding = table(padding=0)
    initialise_embeddings(embedding, matrix())
    assert not embedding.weight[0].any()
    assert embedding.weight[1:].all()


def test_a_narrower_source_fills_the_first_columns() -> None:
    embedding = table(width=6)
    before = embedding.weight.detach().clone()
    initialise_embeddings(embedding, matrix(width=4))
    assert torch.equal(embedding.weight[:, 4:], before[:, 4:])
    assert embedding.weight[:, :4].std().item() == pytest.approx(before.std().item(), rel=1e-4)


def test_rows_beyond_the_table_are_not_read_and_missing_ones_keep_their_start() -> None:
    """The paper's teacher has 50,000 rows for a vocabulary of 30,521."""
    longer, exact, shorter = table(), table(), table()
    source = matrix(rows=9)
    initialise_embeddings(longer, source)
    initialise_embeddings(exact, source[:6])
    assert torch.equal(longer.weight, exact.weight)
    before = shorter.weight.detach().clone()
    initialise_embeddings(shorter, source[:4])
    assert torch.equal(shorter.weight[4:], before[4:])


def test_gradients_still_reach_a_started_table() -> None:
    embedding = table()
    initialise_embeddings(embedding, matrix())
    embedding(torch.tensor([1])).sum().backward()
    assert embedding.weight.grad[1].all()


@pytest.mark.parametrize("width", [1, 3, 9])
def test_reduction_keeps_what_the_best_projection_keeps(width: int) -> None:
    source = matrix(rows=300, width=10)
    reduced = fit_width(source, width)
    values = np.linalg.svd((source - source.mean(axis=0)).astype(np.float64), compute_uv=False)
    assert reduced.shape == (300, width)
    assert (reduced.astype(np.float64) ** 2).sum() == pytest.approx((values[:width] ** 2).sum(), rel=1e-4)
    spread = (reduced**2).sum(axis=0)
    assert spread.tolist() == sorted(spread, reverse=True)


def test_reduction_keeps_distances_where_nothing_is_lost() -> None:
    flat = matrix(rows=50, width=3) @ np.random.default_rng(1).normal(size=(3, 12)).astype(np.float32)
    reduced = fit_width(flat, 3)
    for pair in ((0, 1), (7, 30)):
        gaps = [np.linalg.norm(each[pair[0]] - each[pair[1]]) for each in (flat, reduced)]
        assert gaps[0] == pytest.approx(gaps[1], rel=1e-3)


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


@pytest.mark.parametrize(
    "source",
    [
        np.full((6, 4), np.nan),
        np.where(np.arange(6)[:, None] == 2, matrix(), np.nan),
        np.ones((6, 4)),
        matrix() * 1e12,
        matrix() * 1e36,
    ],
    ids=["none", "one", "the same", "large", "too large to square"],
)
def test_vectors_that_no_deviation_can_be_taken_of_are_refused(source: np.ndarray) -> None:
    embedding = table()
    before = embedding.weight.detach().clone()
    with pytest.raises(DataError, match="are all alike, or hold numbers beyond"):
        initialise_embeddings(embedding, source.astype(np.float32))
    assert torch.equal(embedding.weight, before)
