"""Words and their nearest neighbours by fastText vectors trained on the task's own text (Bojanowski et al., 2017)."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import fasttext
import numpy as np
from numpy.typing import NDArray

from benchmark.augmentation.rates import FASTTEXT, SUBSTITUTION
from benchmark.augmentation.words import core, words_of
from benchmark.data.corpus import Texts
from benchmark.errors import DataError
from benchmark.spec import digest
from benchmark.storage import vectors_path, write_array

Matrix = NDArray[np.float32]

ROWS = 1024
"""Words compared with all others at once: the whole product of a large vocabulary takes gigabytes."""


def neighbours(source: Texts, pool: Texts) -> dict[str, list[str]]:
    """For words of `source`, in lower case, their nearest neighbours in source and pool, nearest first.

    Words that have none near enough are left out. Raises DataError where no word occurs often enough to learn from.
    """
    sentences = [_normalised(words_of(text)) for text in (*source, *pool)]
    vocabulary = _vocabulary(sentences)
    wanted = {core(word).casefold() for text in source for word in words_of(text)}
    numbers = [i for i, word in enumerate(vocabulary) if word in wanted]
    near = nearest(_vectors(sentences, vocabulary), numbers)
    return {vocabulary[i]: [vocabulary[j] for j in others] for i, others in near if others}


def _normalised(words: Iterable[str]) -> list[str]:
    return [(core(word) or word).casefold() for word in words]


def _vocabulary(sentences: Iterable[Sequence[str]]) -> list[str]:
    """Words of letters that fastText learns, most frequent first."""
    counts = Counter(word for sentence in sentences for word in sentence)
    known = [word for word, n in counts.items() if n >= int(FASTTEXT["minCount"]) and core(word) == word]
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


def nearest(vectors: Matrix, rows: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """For each of the rows its nearest others by cosine, nearest first, among those that are near enough."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    for start in range(0, len(rows), ROWS):
        some = list(rows[start : start + ROWS])
        cosines = unit[some] @ unit.T
        cosines[np.arange(len(some)), some] = -1.0
        for row, values in zip(some, cosines, strict=True):
            yield row, _top(values)


def _top(cosines: Matrix) -> list[int]:
    near = np.flatnonzero(cosines >= SUBSTITUTION["min_cosine"])
    return near[np.argsort(-cosines[near], kind="stable")][: int(SUBSTITUTION["top_k"])].tolist()
