"""The unlabelled pool: training texts of a suite without labels, without any held-out text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unicodedata import normalize

from benchmark.core.errors import DataError
from benchmark.core.spec import Task, digest
from benchmark.data.corpus import Corpus, Texts, load_corpus
from benchmark.data.entry import Split
from benchmark.data.parsers import decode
from benchmark.data.sources import is_available, read_local
from benchmark.data.splits import ranking
from benchmark.data.suites import Suite

Text = str | Sequence[str]

_HELD_OUT: tuple[Split, ...] = ("validation", "test")
_DOTTED_I = "i\N{COMBINING DOT ABOVE}"
"""What İ becomes in lower case."""


@dataclass(frozen=True)
class Pool:
    """Texts (classification) or tokens per sentence (tagging), each once, in an order that never changes."""

    texts: Texts
    digest: str
    """SHA-256 over the texts in order."""
    origins: Sequence[int] | None = None
    """Of texts made from labelled ones: index in train of each one's."""


def unlabeled_pool(corpus: Corpus, suite: Suite, limit: int = 0) -> Pool:
    """Train texts of all available data sets of the suite, its unlabelled files and `corpus`'s own (section 5.1.3).

    Left out: what stands in `corpus`'s train split (it enters as labelled text) and every validation and test text of
    every data set read, by `text_key`. No label is read. Which data sets a command line selects changes nothing. With
    a `limit`, a seeded sample of that many texts.

    Raises:
        DataError: a public data set that cannot be fetched, a broken file.
    """
    corpora = _corpora(suite)
    return _pool(_candidates(corpora, suite, corpus), _known(corpora, corpus), limit)


def in_domain_pool(corpus: Corpus, suite: Suite, path: Path, limit: int = 0) -> Pool:
    """The texts of one file, a text a line, with the same ones left out as of `unlabeled_pool` (section 6.2).

    Raises:
        DataError: a file that cannot be read, or that holds no text of its own.
    """
    pool = _pool(_lines(path, suite.task, "--in-domain"), _known(_corpora(suite), corpus), limit)
    if not len(pool.texts):
        raise DataError(f"{path} holds no text besides those of {corpus.name!r}. Give one text a line.")
    return pool


def excluded_keys(corpus: Corpus, suite: Suite) -> set[str]:
    """Keys of the texts that no unlabelled text may repeat; see `text_key`."""
    return _known(_corpora(suite), corpus)


def _corpora(suite: Suite) -> list[Corpus]:
    return [load_corpus(suite.entries[name]) for name in suite.datasets if is_available(suite.entries[name])]


def _known(corpora: Iterable[Corpus], corpus: Corpus) -> set[str]:
    known = set(map(text_key, corpus.texts("train")))
    for each in (*corpora, corpus):
        known.update(text_key(text) for split in _HELD_OUT for text in each.texts(split))
    return known


def _pool(candidates: Iterable[Text], known: set[str], limit: int) -> Pool:
    found = list(_unseen(candidates, known))
    kept = sorted(ranking(len(found), "limit:pool")[:limit]) if limit else range(len(found))
    texts = cast(Texts, [found[i] for i in kept])
    return Pool(texts, digest(texts))


def _candidates(corpora: Iterable[Corpus], suite: Suite, corpus: Corpus) -> Iterator[Text]:
    for each in corpora:
        yield from each.texts("train")
    for path in (*suite.unlabeled, *corpus.unlabeled):
        yield from _lines(path, suite.task)


def _lines(path: Path, task: Task, named_by: str = "`unlabeled`") -> Iterator[Text]:
    """One text a line, blank lines skipped; for tagging the words between spaces."""
    text = decode(read_local(path, named_by), str(path))
    lines = (line.removesuffix("\r") for line in text.split("\n") if line.strip())
    return lines if task == "classification" else (line.split() for line in lines)


def _unseen(texts: Iterable[Text], known: set[str]) -> Iterator[Text]:
    """Each text that is not `known`, the first time it comes; adds it to `known`."""
    for text in texts:
        if (key := text_key(text)) not in known:
            known.add(key)
            yield text


def text_key(text: Text) -> str:
    """What makes two texts the same: their words, whatever the case, the spacing and the Unicode form.

    Upper case comes first and dots over an i go, since Turkish has an i with and one without: ILIK is ılık, İzmir is
    izmir. Unicode's compatibility forms, as full-width letters, are the same text too: rather a text too few in the
    pool than one that is held out.
    """
    joined = text if isinstance(text, str) else " ".join(text)
    folded = normalize("NFKD", joined).upper().casefold().replace(_DOTTED_I, "i")
    return " ".join(normalize("NFKC", folded).split())
