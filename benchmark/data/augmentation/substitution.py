"""Word substitution: words are replaced by neighbours in fastText vectors trained on the task's own text.

Bojanowski et al., 2017, https://arxiv.org/abs/1607.04606.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray

from benchmark.core.cache import cache_path, cached_matrix
from benchmark.core.errors import DataError
from benchmark.core.spec import digest
from benchmark.data.augmentation.config import FASTTEXT, SUBSTITUTION, AugmentationConfig
from benchmark.data.augmentation.words import Rewrite, as_like, core, in_case_of, pick, seeded, with_core, words_of
from benchmark.data.corpus import Texts
from benchmark.data.plain_text import Text
from tracking import scratch_folder

Matrix = NDArray[np.float32]

TOP_K = int(SUBSTITUTION["top_k"])
NEIGHBOURHOOD = int(SUBSTITUTION["neighbourhood"])

BLOCK = 1024
"""Rows per block of the similarity matrix, which takes gigabytes for a large vocabulary."""


def substitution(source: Texts, pool: Texts, config: AugmentationConfig, device: str) -> Rewrite:  # noqa: ARG001
    """Rewrites texts by neighbours of their words, in vectors trained on `source` and `pool`."""
    near = neighbours(source, pool)
    return lambda texts, variant: (substituted(text, near, variant) for text in texts)


def substituted(text: Text, near: dict[str, list[str]], variant: int) -> Text:
    """`text` with some words replaced by one of their neighbours; which ones depends on the variant."""
    words = words_of(text)
    rng = seeded(" ".join(words), variant)
    for i in pick([i for i, word in enumerate(words) if core(word).casefold() in near], SUBSTITUTION["share"], rng):
        old = core(words[i])
        others = near[old.casefold()]
        words[i] = with_core(words[i], in_case_of(old, others[int(rng.random() * len(others))]))
    return as_like(text, words)


def neighbours(source: Texts, pool: Texts) -> dict[str, list[str]]:
    """Lower-cased words of `source` and `pool` with their nearest neighbours, nearest first; words without are absent.

    Raises DataError if no word occurs often enough to train a vector.
    """
    sentences = [[(core(word) or word).casefold() for word in words_of(text)] for text in (*source, *pool)]
    vocabulary = _vocabulary(sentences)
    path = cache_path("vectors", f"{digest(['words', sentences, FASTTEXT])}.npy")
    near = nearest(cached_matrix(path, lambda: train_vectors(sentences, vocabulary, **FASTTEXT)))
    return {word: [vocabulary[i] for i in others] for word, others in zip(vocabulary, near, strict=True) if others}


def _vocabulary(sentences: Iterable[Sequence[str]]) -> list[str]:
    """Replaceable words that fastText trains vectors for, most frequent first."""
    counts = Counter(word for sentence in sentences for word in sentence)
    frequent = [word for word, n in counts.items() if n >= FASTTEXT["minCount"] and core(word) == word]
    if not frequent:
        raise DataError(
            f"None of the {counts.total()} words of the labelled and unlabelled text occurs {FASTTEXT['minCount']} "
            "times, so no word vectors can be trained. Provide more text."
        )
    return sorted(frequent, key=lambda word: (-counts[word], word))


def train_vectors(sentences: Sequence[Sequence[str]], words: Sequence[str], **options: Any) -> Matrix:
    """[V, D] vectors of `words`, by fastText with these options, trained on `sentences`."""
    with scratch_folder() as folder:
        corpus = folder / "words.txt"
        corpus.write_text("\n".join(" ".join(sentence) for sentence in sentences), encoding="utf-8")
        model = fasttext.train_unsupervised(str(corpus), verbose=0, **options)
    return np.stack([model.get_word_vector(word) for word in words]).astype(np.float32)


def nearest(vectors: Matrix) -> list[list[int]]:
    """For each row of [V, D] its mutual nearest neighbours, at most TOP_K, nearest first.

    Similarity is cross-domain similarity local scaling (CSLS): the cosine less the mean cosine of either word with its
    neighbourhood. By the cosine alone, rare words, whose vectors hardly moved from their initial values, are hubs that
    would replace any word. Conneau et al., 2018, https://arxiv.org/abs/1710.04087.
    """
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = (vectors / lengths).astype(np.float32)
    size = min(NEIGHBOURHOOD, len(unit) - 1)
    if not size:
        return [[]]
    density = np.concatenate([np.take_along_axis(b, _top(b, size), 1).mean(axis=1) for b in _cosine_blocks(unit)])
    near = np.concatenate([_top(2 * block - density, size) for block in _cosine_blocks(unit)]).tolist()
    return [[other for other in others if row in near[other]][:TOP_K] for row, others in enumerate(near)]


def _cosine_blocks(unit: Matrix) -> Iterator[Matrix]:
    """[BLOCK, V] blocks of the cosine matrix; a word's cosine with itself is -2, below all others."""
    for start in range(0, len(unit), BLOCK):
        block = unit[start : start + BLOCK] @ unit.T
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -2
        yield block


def _top(values: NDArray[Any], size: int) -> NDArray[np.intp]:
    """[R, V] to the [R, size] columns of the highest values, highest first."""
    columns = np.argpartition(-values, size - 1, axis=1)[:, :size]
    order = np.argsort(-np.take_along_axis(values, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)
