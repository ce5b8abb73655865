"""Held-out texts that stand in the training split too."""

from collections.abc import Iterable

from benchmark.data.corpus import Corpus
from benchmark.data.entry import Split
from benchmark.data.pool import text_key


def n_in_train(corpus: Corpus, split: Split) -> int:
    """How many texts of the split stand in train, by `text_key`."""
    train = set(map(text_key, corpus.texts("train")))
    return sum(text_key(text) in train for text in corpus.texts(split))


def overlap_line(corpora: Iterable[Corpus]) -> str:
    """For people: counts and shares of each data set that has such texts; empty where none has."""
    found = [f"{corpus.name} {counts}" for corpus in corpora if (counts := _counts(corpus))]
    return f"Texts that stand in train too: {'; '.join(found)}." if found else ""


def _counts(corpus: Corpus) -> str:
    held_out: tuple[Split, ...] = ("test", "validation")
    counted = [(n_in_train(corpus, split), len(corpus.splits[split]), split) for split in held_out]
    return ", ".join(f"{n} of {total} in {split} ({n / total:.1%})" for n, total, split in counted if n)
