"""Texts as flat arrays of token ids, encoded once for all runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import BatchEncoding, PreTrainedTokenizerBase

UNALIGNED = -1
"""Position of a word without a token: it had no known character, or truncation cut it off."""


@dataclass(frozen=True, kw_only=True)
class EncodedTexts:
    """Encoded texts and the positions of their targets.

    A target is what a label belongs to: the text itself, or each of its words.
    """

    ids: NDArray[np.int32]
    """[T] token ids of all sentences, one after another."""
    offsets: NDArray[np.int64]
    """[n + 1] sentence i is ids[offsets[i]:offsets[i + 1]]."""
    positions: NDArray[np.int32]
    """[A] position of the answer in its sentence (first token of the word), or UNALIGNED; 0 for classification."""
    target_offsets: NDArray[np.int64]
    """[n + 1] answers of sentence i are answer_offsets[i] to answer_offsets[i + 1]."""
    per_word: bool
    """Whether answers belong to words (tagging) rather than to sentences."""
    pad_id: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[n] tokens of each sentence."""
        return np.diff(self.offsets)

    def take(self, rows: NDArray[np.int64]) -> "EncodedTexts":
        """[m] those sentences in that order; one may be taken again."""
        return EncodedTexts(
            ids=self.ids[_places(self.offsets, rows)],
            offsets=_starts(np.diff(self.offsets)[rows]),
            positions=self.positions[self.target_rows(rows)],
            target_offsets=_starts(np.diff(self.target_offsets)[rows]),
            per_word=self.per_word,
            pad_id=self.pad_id,
        )

    def target_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of the answers of those sentences, in order."""
        return _places(self.target_offsets, rows)

    @property
    def n_targets(self) -> int:
        return int(self.target_offsets[-1])


def encode_texts(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> EncodedTexts:
    """Whole texts, one answer each; longer than `max_length` tokens is cut."""
    encoded = _tokenize(tokenizer, list(texts), max_length, split=False)
    return _flatten(encoded["input_ids"], [[0]] * len(texts), tokenizer, per_word=False)


def encode_words(
    sentences: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerBase, max_length: int
) -> EncodedTexts:
    """Sentences as words, one answer a word, at the word's first token."""
    encoded = _tokenize(tokenizer, [list(words) for words in sentences], max_length, split=True)
    positions = [_first_tokens(encoded.word_ids(i), len(words)) for i, words in enumerate(sentences)]
    return _flatten(encoded["input_ids"], positions, tokenizer, per_word=True)


def concatenate(first: EncodedTexts, second: EncodedTexts) -> EncodedTexts:
    """The sentences of both, in order."""
    return EncodedTexts(
        ids=np.concatenate([first.ids, second.ids]),
        offsets=np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        positions=np.concatenate([first.positions, second.positions]),
        target_offsets=np.concatenate([first.target_offsets, second.target_offsets[1:] + first.n_targets]),
        per_word=first.per_word,
        pad_id=first.pad_id,
    )


def _tokenize(tokenizer: PreTrainedTokenizerBase, texts: list[Any], max_length: int, *, split: bool) -> BatchEncoding:
    """Token ids of strings, or (`split`) of lists of words."""
    if not texts:  # a pool may be empty, which the tokenizer does not allow for
        return BatchEncoding({"input_ids": []})
    encoded: BatchEncoding = tokenizer(
        texts,
        is_split_into_words=split,
        truncation=True,
        max_length=max_length,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    return encoded


def _first_tokens(word_ids: list[int | None], n_words: int) -> list[int]:
    """Position of each word's first token, UNALIGNED where it has none."""
    first = [UNALIGNED] * n_words
    for position in range(len(word_ids) - 1, -1, -1):
        word = word_ids[position]
        if word is not None:
            first[word] = position
    return first


def _flatten(
    ids: list[list[int]], positions: list[list[int]], tokenizer: PreTrainedTokenizerBase, *, per_word: bool
) -> EncodedTexts:
    return EncodedTexts(
        ids=np.fromiter((token for sentence in ids for token in sentence), dtype=np.int32),
        offsets=_offsets(ids),
        positions=np.fromiter((place for sentence in positions for place in sentence), dtype=np.int32),
        target_offsets=_offsets(positions),
        per_word=per_word,
        pad_id=tokenizer.pad_token_id or 0,
    )


def _offsets(nested: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return _starts(np.array([len(part) for part in nested], dtype=np.int64))


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """[n + 1] where parts of these lengths begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _places(offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of everything that the parts `rows` hold."""
    lengths = np.diff(offsets)[rows]
    within = np.arange(lengths.sum()) - np.repeat(_starts(lengths)[:-1], lengths)
    return np.asarray(np.repeat(offsets[rows], lengths) + within)
