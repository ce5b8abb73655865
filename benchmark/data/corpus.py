"""A data set in memory: three splits as Hugging Face `datasets`, its labels, its metric and a digest of its content."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from benchmark.core.errors import DataError
from benchmark.core.spec import Task, digest
from benchmark.data import arrow_cache, parsers, splits
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Metric, Split
from benchmark.data.rows import ParseContext, Row
from benchmark.data.sources import files_of, is_available, local_path, read_bytes
from benchmark.data.splits import Splits

__all__ = ["Corpus", "Texts", "is_available", "load_corpus"]

Texts = Sequence[str] | Sequence[Sequence[str]]
"""Texts of a classification task, or tokens per sentence of a tagging task."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """One data set, read and checked."""

    name: str
    task: Task
    splits: DatasetDict
    """train, validation, test; columns `text`, `label` (ClassLabel) or `tokens`, `tags` (lists; ClassLabel)."""
    labels: tuple[str, ...]
    """Names in ClassLabel order; for tagging the tags with their B- and I-."""
    metric: Metric
    digest: str
    """SHA-256 over task, labels and rows: same content, same digest on every machine."""
    licence: str
    source: str
    unlabeled: tuple[Path, ...] = ()
    """Text files without labels that come with the data set, one text a line."""

    @property
    def text_column(self) -> str:
        return "text" if self.task == "classification" else "tokens"

    @property
    def label_column(self) -> str:
        return "label" if self.task == "classification" else "tags"

    def texts(self, split: Split) -> Texts:
        """The split's texts (or tokens per sentence) in order."""
        column: Texts = self.splits[split][:][self.text_column]
        return column


def load_corpus(entry: DatasetEntry, limit: int = 0) -> Corpus:
    """Read, check and cache a data set; with a `limit`, keep a seeded sample of that many rows of each split.

    The Arrow files are kept under a digest of the source's bytes and of the code that reads them, so that a second
    load is quick and an edited file is never answered with old rows.

    Raises:
        DataError: missing, broken or unfit files, and a private data set without files.
        UnknownNameError: a column that is not there.
    """
    contents = {split: read_bytes(entry, file) for split, file in files_of(entry).items()}
    key = _cache_key(entry, contents)
    stored = arrow_cache.load(key)
    if stored is None:
        stored = arrow_cache.save(key, _build(entry, contents))
    corpus = _corpus(entry, stored)
    return _sampled(corpus, limit) if limit else corpus


def _cache_key(entry: DatasetEntry, contents: Mapping[Split, bytes]) -> str:
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in ("corpus", "parsers", "printed", "rows", "splits", "tables")]
    return digest(
        {
            "files": {split: hashlib.sha256(content).hexdigest() for split, content in contents.items()},
            "formats": {split: [file.format, file.quoted] for split, file in files_of(entry).items()},
            "fields": [entry.task, entry.text, entry.label],
            "labels": entry.labels,
            "validation_fraction": entry.validation_fraction,
            "code": [hashlib.sha256(path.read_bytes()).hexdigest() for path in code],
        }
    )


def _build(entry: DatasetEntry, contents: Mapping[Split, bytes]) -> arrow_cache.Stored:
    where = {split: f"{entry.name}: {file.path}" for split, file in files_of(entry).items()}
    parsed = {split: _parsed(entry, split, content, where[split]) for split, content in contents.items()}
    if remedy := _remedy_of_a_header(entry, parsed):
        splits.check_headers(parsed, where, remedy)
    labels = entry.labels or splits.labels_of(parsed["train"])
    if not parsed["train"]:
        raise DataError(f"{where['train']}: the train split is empty. Provide rows.")
    if entry.validation_fraction:
        cut = splits.cut_validation(parsed["train"], entry.validation_fraction, entry.task, where["train"])
        parsed["train"], parsed["validation"] = cut
        where["validation"] = where["train"]
    splits.check_splits(parsed, labels, where)
    return _stored(entry, parsed, labels)


def _parsed(entry: DatasetEntry, split: Split, content: bytes, where: str) -> list[Row]:
    file: DataFile = files_of(entry)[split]
    return parsers.parse(content, ParseContext(where, entry.task, split, file, entry.text, entry.label))


def _remedy_of_a_header(entry: DatasetEntry, parsed: Splits) -> str:
    """Empty where no header can have been read as a row; one file given for all splits shows none."""
    if len(set(map(tuple, parsed.values()))) == 1:
        return ""
    if any(file.format == "conll" for file in files_of(entry).values()):
        return "Remove that line from each file."
    return "Name the columns: `text: {text}`, `label: {label}`." if isinstance(entry.text, int) else ""


def _stored(entry: DatasetEntry, content: Splits, labels: Sequence[str]) -> arrow_cache.Stored:
    data = DatasetDict({split: _dataset(entry.task, content[split], labels) for split in SPLITS})
    return arrow_cache.Stored(data, tuple(labels), _content_digest(entry.task, labels, data))


def _dataset(task: Task, content: Sequence[Row], labels: Sequence[str]) -> Dataset:
    number = {name: i for i, name in enumerate(labels)}
    texts = [row.text for row in content]
    names = ClassLabel(names=list(labels))
    if task == "classification":
        ids = [number[str(row.label)] for row in content]
        return Dataset.from_dict({"text": texts, "label": ids}, Features({"text": Value("string"), "label": names}))
    tags = [[number[tag] for tag in row.label] for row in content]
    features = Features({"tokens": List(Value("string")), "tags": List(names)})
    return Dataset.from_dict({"tokens": texts, "tags": tags}, features)


def _content_digest(task: Task, labels: Sequence[str], data: DatasetDict) -> str:
    return digest({"task": task, "labels": list(labels), "splits": {split: data[split][:] for split in SPLITS}})


def _corpus(entry: DatasetEntry, stored: arrow_cache.Stored) -> Corpus:
    return Corpus(
        name=entry.name,
        task=entry.task,
        splits=stored.splits,
        labels=stored.labels,
        metric=entry.metric or splits.metric_of(entry.task, stored.labels),
        digest=stored.digest,
        licence=entry.licence,
        source=entry.source,
        unlabeled=tuple(local_path(entry, path) for path in entry.unlabeled),
    )


def _sampled(corpus: Corpus, limit: int) -> Corpus:
    data = DatasetDict({split: _sample(corpus.splits[split], limit, split) for split in SPLITS})
    return replace(corpus, splits=data, digest=_content_digest(corpus.task, corpus.labels, data))


def _sample(data: Dataset, limit: int, split: Split) -> Dataset:
    kept = sorted(splits.ranking(len(data), f"limit:{split}")[:limit])
    return Dataset.from_dict(data[kept], data.features)
