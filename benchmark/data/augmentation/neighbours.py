"""Words and their nearest neighbours by fastText vectors trained on the task's own text (Bojanowski et al., 2017)."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray

from benchmark.core.cache import vectors_path, write_array
from benchmark.core.errors import DataError
from benchmark.core.spec import digest
from benchmark.data.augmentation.rates import FASTTEXT, SUBSTITUTION
from benchmark.data.augmentation.words import core, words_of
from benchmark.data.corpus import Texts

Matrix = NDArray[np.float32]

TOP_K = int(SUBSTITUTION["top_k"])
HOOD = int(SUBSTITUTION["neighbourhood"])

ROWS = 1024
"""Words compared with all others at once: the whole product of a large vocabulary takes gigabytes."""


def neighbours(source: Texts, pool: Texts) -> dict[str, list[str]]:
    """The words of `source` and `pool`, in lower case, with their few nearest neighbours, nearest first.

    Words that have none are left out. Raises DataError where no word occurs often enough to learn from.
    """
    sentences = [_normalised(words_of(text)) for text in (*source, *pool)]
    vocabulary = _vocabulary(sentences)
    near = nearest(_vectors(sentences, vocabulary))
    return {word: [vocabulary[i] for i in others] for word, others in zip(vocabulary, near, strict=True) if others}


def _normalised(words: Iterable[str]) -> list[str]:
    return [(core(word) or word).casefold() for word in words]


def _vocabulary(sentences: Iterable[Sequence[str]]) -> list[str]:
    """Words of letters that fastText learns, most frequent first."""
    counts = Counter(word for sentence in sentences for word in sentence)
    known = [word for word, n in counts.items() if n >= FASTTEXT["minCount"] and core(word) == word]
    if not known:
        raise DataError(
            f"None of the {counts.total()} words of the labelled and unlabelled text occurs {FASTTEXT['minCount']} "
            "times, so no neighbours can be learnt. Give more text."
        )
    return sorted(known, key=lambda word: (-counts[word], word))


def _vectors(sentences: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> Matrix:
    """[V, D], trained where they are not kept from before."""
    path = vectors_path(digest(["words", sentences, FASTTEXT]))
    try:
        stored: Matrix = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        stored = np.empty((0, 0), dtype=np.float32)
    if stored.shape != (len(vocabulary), FASTTEXT["dim"]):
        stored = _train(sentences, vocabulary)
        write_array(path, stored)
    return stored


def _train(sentences: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> Matrix:
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "words.txt"
        corpus.write_text("\n".join(" ".join(sentence) for sentence in sentences), encoding="utf-8")
        model = fasttext.train_unsupervised(str(corpus), verbose=0, **FASTTEXT)
    return np.stack([model.get_word_vector(word) for word in vocabulary]).astype(np.float32)


def nearest(vectors: Matrix) -> list[list[int]]:
    """For each row of [V, D] the few others that are nearest, nearest first, of those that it is near to in turn.

    Nearness is the cosine less the mean cosine of either word with its neighbourhood (cross-domain similarity local
    scaling; Conneau et al., 2018, https://arxiv.org/abs/1710.04087): by the cosine alone seldom words, whose vectors
    hardly left their start, are close to many others and would stand for any of them.
    """
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = (vectors / lengths).astype(np.float32)
    size = min(HOOD, len(unit) - 1)
    if not size:
        return [[]]
    crowd = np.concatenate([np.take_along_axis(each, _highest(each, size), 1).mean(axis=1) for each in _cosines(unit)])
    near = np.concatenate([_highest(2 * each - crowd, size) for each in _cosines(unit)]).tolist()
    return [[other for other in others if row in near[other]][:TOP_K] for row, others in enumerate(near)]


def _cosines(unit: Matrix) -> Iterator[Matrix]:
    """[ROWS, V] blocks of the cosines of all with all; a word with itself comes behind all others."""
    for start in range(0, len(unit), ROWS):
        block = unit[start : start + ROWS] @ unit.T
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -2
        yield block


def _highest(values: NDArray[Any], size: int) -> NDArray[np.intp]:
    """[R, V] to the [R, size] columns of the highest values, highest first."""
    columns = np.argpartition(-values, size - 1, axis=1)[:, :size]
    order = np.argsort(-np.take_along_axis(values, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)
