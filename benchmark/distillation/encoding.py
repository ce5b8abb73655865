"""Texts as flat arrays of token ids, encoded once for all runs, and data sets of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from transformers import BatchEncoding, PreTrainedTokenizerBase

from benchmark.core.errors import RunError
from benchmark.core.settings import Source
from benchmark.data.corpus import Corpus
from benchmark.data.entry import SPLITS, Split
from benchmark.data.pool import Pool

UNALIGNED = -1
"""Position of a word without a token: truncated, or without a character that the tokenizer has."""

Part = Split | Source
POOL: Source = "pool"
OUTSIDE = "O"


@dataclass(frozen=True, kw_only=True)
class EncodedTexts:
    """Encoded texts and the positions of their targets.

    A target is what a label belongs to: the text (classification), or each of its words (tagging).
    """

    ids: NDArray[np.int32]
    """[T] token ids of all sentences, concatenated."""
    offsets: NDArray[np.int64]
    """[n + 1] sentence i is ids[offsets[i]:offsets[i + 1]]."""
    positions: NDArray[np.int32]
    """[A] token of each target in its sentence (a word's first), or UNALIGNED; 0 for classification."""
    target_offsets: NDArray[np.int64]
    """[n + 1] targets of sentence i are target_offsets[i] to target_offsets[i + 1]."""
    per_word: bool
    pad_id: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[n] tokens of each sentence."""
        return np.diff(self.offsets)

    @property
    def n_targets(self) -> int:
        return int(self.target_offsets[-1])

    def take(self, rows: NDArray[np.int64]) -> "EncodedTexts":
        """Sentences `rows` [m], in that order; rows may repeat."""
        return replace(
            self,
            ids=self.ids[_indices(self.offsets, rows)],
            offsets=_offsets(np.diff(self.offsets)[rows]),
            positions=self.positions[self.target_rows(rows)],
            target_offsets=_offsets(np.diff(self.target_offsets)[rows]),
        )

    def without(self, targets: NDArray[np.bool_]) -> "EncodedTexts":
        """The sentences, with `targets` [A] unaligned."""
        return replace(self, positions=np.where(targets, np.int32(UNALIGNED), self.positions))

    def target_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of the targets of sentences `rows`, in order."""
        return _indices(self.target_offsets, rows)


@dataclass(kw_only=True)
class EncodedDataset:
    """One data set, encoded by one tokenizer. `part` is a split or a source of unlabelled text."""

    corpus: Corpus
    tokenizer: PreTrainedTokenizerBase
    max_length: int
    read_pool: Callable[[Source], Pool]
    teacher_labels: NDArray[np.int64] | None = None
    """[A] the teacher's labels of validation, which stand in for the missing ones: F1 is then agreement with it."""

    @property
    def tags_words(self) -> bool:
        return self.corpus.task == "sequence_labeling"

    def texts(self, part: Part) -> Sequence[Any]:
        """Strings, or lists of words for tagging."""
        return self.corpus.texts(part) if part in SPLITS else self.read_pool(cast(Source, part)).texts

    def source_rows(self, source: Source) -> NDArray[np.int64]:
        """[n] index in train of the text that each text of `source` was generated from; RunError for other sources."""
        origins = self.read_pool(source).origins
        if origins is None:
            raise RunError(f"The texts of {source!r} were not generated from labelled ones, so labels cannot agree.")
        return np.array(origins, dtype=np.int64)

    def encoded(self, part: Part) -> EncodedTexts:
        """The encoded text of a part, tokenised at the first call."""
        if part not in self._encoded:
            self._encoded[part] = self.encode(self.texts(part))
        return self._encoded[part]

    def encode(self, texts: Sequence[Any]) -> EncodedTexts:
        """Strings, or lists of words for tagging, as the data set's own."""
        return encode(texts, self.tokenizer, self.max_length, per_word=self.tags_words)

    def labels(self, split: Split) -> NDArray[np.int64]:
        """[A] label ids of a split's targets. Raises RunError if it has none."""
        if split == "validation" and self.teacher_labels is not None:
            return self.teacher_labels
        if len(self.corpus.splits[split]) and not self.corpus.has_gold(split):
            raise RunError(f"The {split} split of {self.corpus.name!r} has no labels.")
        column = self.corpus.splits[split][:][self.corpus.label_column]
        return np.array([tag for tags in column for tag in tags] if self.tags_words else column, dtype=np.int64)

    def gold(self, split: Split) -> list[Any]:
        """Label names for scores: flat, or a list of tags per sentence."""
        return self._names(self.labels(split), split)

    def decode(self, logits: NDArray[Any], split: Split) -> list[Any]:
        """Predicted names for logits [A, C]; a word without a token gets the commonest tag."""
        return self._names(self._predicted(logits), split)

    def judged_by_teacher(self, logits: NDArray[Any]) -> "EncodedDataset":
        """The data set with the labels of the teacher's `logits` [A, C] on validation, unless that has labels."""
        if self.corpus.has_gold("validation"):
            return self
        judged = replace(self, teacher_labels=self._predicted(logits))
        judged._encoded.update(self._encoded)
        return judged

    def digest(self, part: Part) -> str:
        """Digest of a part's content."""
        return self.corpus.digest if part in SPLITS else self.read_pool(cast(Source, part)).digest

    @cached_property
    def commonest(self) -> int:
        """Id of the most frequent label of train, the prediction for words without a token; O without train."""
        if not self.corpus.is_labelled:
            return self.corpus.labels.index(OUTSIDE) if OUTSIDE in self.corpus.labels else 0
        return int(np.bincount(self.labels("train")).argmax())

    @cached_property
    def _encoded(self) -> dict[str, EncodedTexts]:
        return {}

    def _predicted(self, logits: NDArray[Any]) -> NDArray[np.int64]:
        seen = ~np.isnan(logits[:, 0])
        predicted = np.full(len(logits), self.commonest, dtype=np.int64)
        predicted[seen] = logits[seen].argmax(axis=1)
        return predicted

    def _names(self, ids: NDArray[np.int64], split: Split) -> list[Any]:
        names = [self.corpus.labels[i] for i in ids.tolist()]
        if not self.tags_words:
            return names
        return [names[start:end] for start, end in pairwise(self.encoded(split).target_offsets.tolist())]


def encode(
    texts: Sequence[Any], tokenizer: PreTrainedTokenizerBase, max_length: int, *, per_word: bool
) -> EncodedTexts:
    """Texts with a target each, or lists of words with one per word, at its first token; cut to `max_length` tokens."""
    encoded, pad_id = tokenize(tokenizer, list(texts), max_length, split=per_word), tokenizer.pad_token_id or 0
    ids = [sentence or [pad_id] for sentence in encoded["input_ids"]]  # "" may have no token; as in Bundle
    positions = [[0]] * len(texts)
    if per_word:
        positions = [_first_tokens(encoded.word_ids(i), len(words)) for i, words in enumerate(texts)]
    return EncodedTexts(
        ids=np.fromiter(chain.from_iterable(ids), dtype=np.int32),
        offsets=_offsets([len(sentence) for sentence in ids]),
        positions=np.fromiter(chain.from_iterable(positions), dtype=np.int32),
        target_offsets=_offsets([len(sentence) for sentence in positions]),
        per_word=per_word,
        pad_id=pad_id,
    )


def concatenate(first: EncodedTexts, second: EncodedTexts) -> EncodedTexts:
    """The sentences of both, in order."""
    return replace(
        first,
        ids=np.concatenate([first.ids, second.ids]),
        offsets=np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        positions=np.concatenate([first.positions, second.positions]),
        target_offsets=np.concatenate([first.target_offsets, second.target_offsets[1:] + first.n_targets]),
    )


def tokenize(tokenizer: PreTrainedTokenizerBase, texts: list[Any], max_length: int, *, split: bool) -> BatchEncoding:
    """Token ids of strings, or (`split`) of lists of words."""
    if not texts:  # a pool may be empty, and the tokenizer fails on an empty list
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
    """Position of each word's first token, UNALIGNED for words without one."""
    first = [UNALIGNED] * n_words
    for position in range(len(word_ids) - 1, -1, -1):
        word = word_ids[position]
        if word is not None:
            first[word] = position
    return first


def _offsets(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """[n + 1] start of each part of these lengths in their concatenation, and its end."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _indices(offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of all elements of the parts `rows`, in order, without a Python loop."""
    lengths = np.diff(offsets)[rows]
    within = np.arange(lengths.sum()) - np.repeat(_offsets(lengths)[:-1], lengths)
    return np.asarray(np.repeat(offsets[rows], lengths) + within)
