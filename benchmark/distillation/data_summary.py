"""The summary of a data set from its texts and tags, and from the tokenizer that cuts them off."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from tokenizers import Encoding
from transformers import PreTrainedTokenizerBase

from benchmark.core.settings import Source
from benchmark.data.corpus import Corpus
from benchmark.data.entry import SPLITS
from benchmark.data.pool import HELD_OUT, Pool, n_contradictory, n_shared
from benchmark.data.summary import AGREEMENT, DataSummary, Unread
from benchmark.data.tags import scheme_of
from benchmark.distillation.encoding import tokenize

T = TypeVar("T")


def summarize(corpus: Corpus, unread: Unread, pools: Mapping[Source, Pool] = MappingProxyType({})) -> DataSummary:
    """Summary of `corpus` and of the unlabelled texts that were read; texts are compared by `text_key`."""
    return DataSummary(
        name=corpus.name,
        metric=corpus.metric,
        scheme=_scheme(corpus) if corpus.metric == "entity_f1" else "",
        n_labels=len(corpus.labels),
        rows={split: len(corpus.splits[split]) for split in SPLITS},
        unread=unread,
        in_train=_some({split: n_shared(corpus, split, "train") for split in HELD_OUT}),
        in_validation=_some({"test": n_shared(corpus, "test", "validation")}),
        contradictory=_some({split: n_contradictory(corpus, split) for split in SPLITS}),
        lacking=_some({split: corpus.lacking(split) for split in HELD_OUT}),
        skipped=dict(corpus.skipped),
        unlabelled={source: pool.counts for source, pool in pools.items() if pool.counts},
        validation="" if corpus.has_gold("validation") else AGREEMENT,
    )


def _scheme(corpus: Corpus) -> str:
    rows = (tags for split in SPLITS if corpus.has_gold(split) for tags in corpus.splits[split]["tags"])
    return scheme_of([corpus.labels[tag] for tag in tags] for tags in rows)


def count_unread(corpus: Corpus, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Unread:
    """Tokenises every split and counts what is cut off."""
    texts: dict[str, int] = {}
    words: dict[str, int] = {}
    for split in SPLITS:
        column = corpus.texts(split)
        encoded = tokenize(tokenizer, list(column), max_length, split=corpus.task == "sequence_labeling")
        cut = {row: encoding for row, encoding in enumerate(encoded.encodings or ()) if encoding.overflowing}
        texts[split] = len(cut)
        words[split] = sum(len(column[row]) - _n_read(encoding) for row, encoding in cut.items())
    if corpus.task == "classification":
        words.clear()
    return Unread(max_length=max_length, texts=_some(texts), words=_some(words))


def _n_read(encoding: Encoding) -> int:
    """Words up to the last one with a token."""
    return 1 + max((word for word in encoding.word_ids if word is not None), default=-1)


def _some(values: Mapping[str, T]) -> dict[str, T]:
    return {split: value for split, value in values.items() if value}
