"""Initial embeddings of a student: the teacher's, fastText's, or random (section 3.4).

A wider table is reduced to the student's width by its principal components. Each is scaled to the standard deviation of
the student's random initialisation, so that the layers above get inputs of the scale they are initialised for.
"""

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import fasttext
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmark.core.errors import DataError
from benchmark.data.augmentation.substitution import train_vectors
from benchmark.distillation.fasttext_file import check_model_file

Matrix = NDArray[np.float32]

MARKS = re.compile("^(##)?▁?Ġ?")
"""Prefixes of tokens that are not letters of the word (WordPiece, SentencePiece, byte-level BPE)."""

LARGEST = 1e9
"""Largest absolute value accepted; those of trained vectors are below 100."""

FASTTEXT = {"model": "skipgram", "minn": 2, "maxn": 5, "bucket": 50_000, "minCount": 1, "epoch": 5, "thread": 1}
"""One thread, since more make the vectors differ from run to run; a small bucket, since the default takes gigabytes."""


def initialise_embeddings(table: nn.Embedding, matrix: Matrix) -> None:
    """Overwrites the rows of `table` [V, D] with those of `matrix` [V or other, any width].

    Rows of NaN, and rows that `matrix` lacks, keep their random values; rows beyond the table belong to no token (the
    paper's teacher has 50,000 of them for 30,521 tokens) and are not read. Raises DataError if no two rows differ.
    """
    matrix = matrix[: table.num_embeddings]
    present = ~np.isnan(matrix).any(axis=1)
    _check_spread(matrix[present])
    fitted = torch.from_numpy(fit_width(matrix[present], table.embedding_dim)).to(table.weight)
    rows = torch.from_numpy(np.flatnonzero(present))
    with torch.no_grad():
        deviation = table.weight.std()
        columns = fitted.shape[1]
        table.weight[rows, :columns] = fitted * (deviation / fitted.std())
        if table.padding_idx is not None:
            table.weight[table.padding_idx] = 0


def _check_spread(vectors: Matrix) -> None:
    """Raises DataError for equal vectors, which have no deviation to scale by, and numbers whose squares overflow."""
    if not len(vectors) or not np.ptp(vectors, axis=0).any() or np.abs(vectors).max() > LARGEST:
        raise DataError(
            f"The {len(vectors)} vectors for the student's tokens are all alike, or hold numbers beyond {LARGEST:g}. "
            "Give a complete file of vectors of the teacher's language."
        )


def fit_width(matrix: Matrix, width: int) -> Matrix:
    """[V, H] to [V, min(H, width)], centred: the leading principal components if H is larger."""
    centred: Matrix = matrix - matrix.mean(axis=0)
    if matrix.shape[1] <= width:
        return centred
    _, vectors = np.linalg.eigh(centred.T @ centred)
    leading: Matrix = np.ascontiguousarray(centred @ vectors[:, ::-1][:, :width])
    return leading


def train_fasttext(sentences: Sequence[Sequence[str]], tokens: Sequence[str], width: int) -> Matrix:
    """[V, width] skip-gram vectors of `tokens`, trained on `sentences` of tokens (Bojanowski et al., 2017).

    A token that never occurs gets the sum of its character n-grams. fasttext-community scales every vector to length 1.
    Equal input gives equal vectors.
    """
    return train_vectors(sentences, tokens, dim=width, **FASTTEXT)


def read_vectors(path: Path, tokens: Sequence[str]) -> Matrix:
    """[V, H] vectors of `tokens` from a fastText .bin (with subwords) or .vec file; NaN for tokens without one.

    Raises DataError for a broken file, and for one that has none of the tokens.
    """
    words = _words(tokens)
    return _read_bin(path, words) if path.suffix == ".bin" else _read_vec(path, words)[0]


def check_vectors(path: Path, tokens: Sequence[str]) -> int:
    """Number of lines that `read_vectors` skips, since their word contains spaces.

    Raises DataError for a file that `read_vectors` or `initialise_embeddings` would refuse. A .bin is only checked by
    `check_model_file`: one of Common Crawl takes seven gigabytes of memory to load.
    """
    if path.suffix == ".bin":
        check_model_file(path)
        return 0
    matrix, n_skipped = _read_vec(path, _words(tokens))
    _check_spread(matrix[~np.isnan(matrix).any(axis=1)])
    return n_skipped


def _words(tokens: Sequence[str]) -> list[str]:
    return [MARKS.sub("", token) for token in tokens]


def _read_bin(path: Path, words: Sequence[str]) -> Matrix:
    """fastText returns zeros for a word of which it has neither the whole nor a subword; it gets NaN here."""
    n_words = check_model_file(path).nwords
    try:
        model = fasttext.load_model(str(path))
    except (ValueError, MemoryError) as error:
        raise DataError(f"{path} cannot be loaded, though it is complete: {error}. Is there memory for it?") from error
    matrix: Matrix = np.zeros((len(words), model.get_dimension()), dtype=np.float32)
    for row, word in enumerate(words):
        if model.get_word_id(word) < n_words:  # ids beyond are labels, without vectors
            matrix[row] = model.get_word_vector(word)
    if not np.isfinite(matrix).all():
        raise DataError(f"{path} holds numbers that are not finite. Give a complete file.")
    matrix[~matrix.any(axis=1)] = np.nan
    if np.isnan(matrix).all():
        raise _no_token(path, words)
    return matrix


def _read_vec(path: Path, words: Sequence[str]) -> tuple[Matrix, int]:
    """The matrix, and the number of skipped lines, whose word contains spaces.

    Only the lines of `words` are parsed: a .vec of Common Crawl has two million.
    """
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(word, []).append(row)
    vectors: dict[str, Matrix] = {}
    n_skipped = 0
    with path.open(encoding="utf-8-sig", newline="\n", errors="ignore") as lines:
        first = next(lines, "")
        width, has_header = _width(path, first)
        for number, line in enumerate(lines if has_header else chain([first], lines), start=1 + has_header):
            word, _, numbers = line.partition(" ")
            if _is_longer(numbers, width):
                n_skipped += 1
            elif word in rows:
                vectors[word] = _vector(f"{path}, line {number}", numbers, width)
    if not vectors:
        raise _no_token(path, words, f"; {n_skipped} lines hold more than {width} numbers" if n_skipped else "")
    matrix = np.full((len(words), width), np.nan, dtype=np.float32)
    for word, vector in vectors.items():
        matrix[rows[word]] = vector
    return matrix, n_skipped


def _no_token(path: Path, words: Sequence[str], besides: str = "") -> DataError:
    return DataError(f"{path} holds none of the teacher's {len(words)} tokens{besides}. Give vectors of its language.")


def _width(path: Path, first: str) -> tuple[int, bool]:
    """Numbers per word, and whether the first line is a header, which files in GloVe's format lack."""
    word, *numbers = first.split() or [""]
    if len(numbers) == 1 and all(part.isdecimal() and len(part) < 10 for part in (word, *numbers)) and int(numbers[0]):
        return int(numbers[0]), True
    if len(numbers) < 2 or not all(map(_is_number, numbers)):
        raise DataError(
            f"{path} is no .vec file: its first line must be the number of words and the width, as `400000 300`, or a "
            "word and its numbers. Add that line, or give another file."
        )
    return len(numbers), False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_longer(numbers: str, width: int) -> bool:
    """Whether there are more than `width` values; counts spaces first, which is quick."""
    return numbers.rstrip().count(" ") >= width and len(numbers.split()) > width


def _vector(where: str, numbers: str, width: int) -> Matrix:
    try:
        vector = np.array(numbers.split(), dtype=np.float32)
    except ValueError as error:
        raise DataError(f"{where}: {error}. A line is a word and {width} numbers.") from error
    if len(vector) != width or not np.isfinite(vector).all():
        raise DataError(f"{where}: {len(vector)} numbers, where the first line announces {width}, all finite.")
    return vector
