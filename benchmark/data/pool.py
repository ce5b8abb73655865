"""The unlabelled pool: a suite's texts without labels and held-out texts."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from benchmark.core.errors import DataError
from benchmark.core.spec import digest
from benchmark.data.corpus import Corpus, Texts, load_corpus
from benchmark.data.entry import Split, Suite
from benchmark.data.plain_text import Text, read_texts, text_key
from benchmark.data.rows import shorten
from benchmark.data.sources import is_available
from benchmark.data.splits import ranking
from benchmark.data.summary import Unlabelled

_SEPARATORS = re.compile(r"[,;|]")
HELD_OUT: tuple[Split, ...] = ("test", "validation")


@dataclass(frozen=True)
class Pool:
    """Distinct texts (classification) or tokens per sentence (tagging), in an order that never changes."""

    texts: Texts
    digest: str
    """SHA-256 over the texts in order."""
    origins: Sequence[int] | None = None
    """For generated texts: index in train of the text that each was generated from."""
    counts: Unlabelled | None = None
    """For texts that were read: how many of them are left."""


def unlabeled_pool(corpus: Corpus, suite: Suite, limit: int = 0) -> Pool:
    """Train texts of all available data sets of the suite, its unlabelled files and `corpus`'s own (section 5.1.3).

    Left out, by `text_key`: texts of `corpus`'s train split, which enter as labelled text, and validation and test
    texts of every data set. The data sets selected on the command line change nothing. With a `limit`, a seeded sample
    of that many texts. Raises DataError for a file that is broken or cannot be downloaded.
    """
    return _pool(_candidates(suite, corpus), corpus, suite, limit)


def in_domain_pool(corpus: Corpus, suite: Suite, path: Path, limit: int = 0) -> Pool:
    """Texts of a file, one per line, with the same texts left out as from `unlabeled_pool` (section 6.2).

    Raises DataError for a file that cannot be read, or from which no text is left.
    """
    pool = _pool(_read(path, corpus, "--in-domain"), corpus, suite, limit)
    if not len(pool.texts):
        raise DataError(f"{path} has no text besides those of {corpus.name!r}. Provide one text per line.")
    return pool


def excluded_keys(corpus: Corpus, suite: Suite) -> set[str]:
    """Keys, by `text_key`, of the texts that no unlabelled text may equal."""
    return _labelled(corpus) | _held_out(corpus, suite)


def _labelled(corpus: Corpus) -> set[str]:
    return set(map(text_key, corpus.texts("train")))


def _held_out(corpus: Corpus, suite: Suite) -> set[str]:
    corpora = (*_corpora(suite), corpus)
    return {text_key(text) for each in corpora for split in HELD_OUT for text in each.texts(split)}


def n_shared(corpus: Corpus, split: Split, other: Split) -> int:
    """Number of texts of the split that are in the other too, by `text_key`."""
    others = set(map(text_key, corpus.texts(other)))
    return sum(text_key(text) in others for text in corpus.texts(split))


def n_contradictory(corpus: Corpus, split: Split) -> int:
    """Number of texts of the split that occur there, by `text_key`, with other labels too."""
    labels = defaultdict[str, list[object]](list)
    for text, label in zip(corpus.texts(split), corpus.splits[split][:][corpus.label_column], strict=True):
        labels[text_key(text)].append(label)
    return sum(len(found) for found in labels.values() if any(label != found[0] for label in found))


def _corpora(suite: Suite) -> list[Corpus]:
    return [load_corpus(suite.entries[name]) for name in suite.datasets if is_available(suite.entries[name])]


def _pool(candidates: Iterable[Text], corpus: Corpus, suite: Suite, limit: int) -> Pool:
    distinct, counts = _distinct(candidates, _labelled(corpus), _held_out(corpus, suite))
    rows = sorted(ranking(len(distinct), "limit:pool")[:limit]) if limit else range(len(distinct))
    texts = cast(Texts, [distinct[i] for i in rows])
    return Pool(texts, digest(texts), counts=replace(counts, kept=len(texts)))


def _candidates(suite: Suite, corpus: Corpus) -> Iterator[Text]:
    for each in _corpora(suite):
        yield from each.texts("train")
    for path in (*suite.unlabeled, *corpus.unlabeled):
        yield from _read(path, corpus, "`unlabeled`")


def _read(path: Path, corpus: Corpus, option: str) -> list[Text]:
    """Raises DataError for a file whose texts have the data set's labels beside them."""
    texts = list(read_texts(path, corpus.task, option))
    labelled = [text for text in texts if isinstance(text, str) and _has_label(text, corpus.labels)]
    if 2 * len(labelled) > len(texts):
        raise DataError(
            f"{path} of {option} holds labels, as in {shorten(labelled[0])}; they would be read as part of the texts. "
            "Write the texts alone, one per line."
        )
    return texts


def _has_label(text: str, labels: Collection[str]) -> bool:
    cells = _SEPARATORS.split(text)
    return len(cells) > 1 and any(cell.strip(' "') in labels for cell in (cells[0], cells[-1]))


def _distinct(texts: Iterable[Text], labelled: set[str], held_out: set[str]) -> tuple[list[Text], Unlabelled]:
    """Each text that is in neither set, once; and how many there are of which kind."""
    distinct: dict[str, Text] = {}
    counts = dict.fromkeys(("held_out", "labelled", "repeated", "kept"), 0)
    for text in texts:
        key = text_key(text)
        kind = "held_out" if key in held_out else "labelled" if key in labelled else "repeated"
        if kind == "repeated" and key not in distinct:
            distinct[key], kind = text, "kept"
        counts[kind] += 1
    return list(distinct.values()), Unlabelled(read=sum(counts.values()), **counts)
