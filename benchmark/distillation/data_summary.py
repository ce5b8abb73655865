"""Counting of a data set's summary, with the text beyond the maximum length, which no model reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Encoding
from transformers import PreTrainedTokenizerBase

from benchmark.data.corpus import Corpus
from benchmark.data.entry import SPLITS
from benchmark.data.pool import HELD_OUT, n_in_train
from benchmark.data.summary import AGREEMENT, DataSummary, Unread
from benchmark.distillation.encoding import tokenize


def summarize(corpus: Corpus, unread: Unread) -> DataSummary:
    """Summary of `corpus`; its texts are compared by `text_key`."""
    return DataSummary(
        name=corpus.name,
        metric=corpus.metric,
        n_labels=len(corpus.labels),
        rows={split: len(corpus.splits[split]) for split in SPLITS},
        unread=unread,
        in_train=_some({split: n_in_train(corpus, split) for split in HELD_OUT}),
        skipped=dict(corpus.skipped),
        validation="" if corpus.has_gold("validation") else AGREEMENT,
    )


def count_unread(corpus: Corpus, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Unread:
    """Tokenises every split and counts what is cut off."""
    texts: dict[str, int] = {}
    words: dict[str, int] = {}
    for split in SPLITS:
        column = corpus.texts(split)
        cut = _truncated(column, tokenizer, max_length, tags_words=corpus.task == "sequence_labeling")
        texts[split] = len(cut)
        words[split] = sum(len(column[row]) - _n_read(encoding) for row, encoding in cut.items())
    if corpus.task == "classification":
        words.clear()
    return Unread(max_length=max_length, texts=_some(texts), words=_some(words))


def _truncated(
    texts: Sequence[Any], tokenizer: PreTrainedTokenizerBase, max_length: int, *, tags_words: bool
) -> dict[int, Encoding]:
    """Encodings of the truncated texts, by row."""
    encodings = tokenize(tokenizer, list(texts), max_length, split=tags_words).encodings or []
    return {row: encoding for row, encoding in enumerate(encodings) if encoding.overflowing}


def _n_read(encoding: Encoding) -> int:
    """Words up to the last one with a token."""
    return 1 + max((word for word in encoding.word_ids if word is not None), default=-1)


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {split: n for split, n in counts.items() if n}
