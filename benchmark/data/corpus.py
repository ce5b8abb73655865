"""Data sets in memory: three splits as Hugging Face `datasets`, labels, metric, and a digest of the content."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, disable_progress_bars

from benchmark.core.cache import file_digest, verify, write_dir_atomic
from benchmark.core.errors import DataError
from benchmark.core.spec import Task, digest
from benchmark.data import headers, parsers, spelling, splits, tags, unlabelled
from benchmark.data.entry import SPLITS, DatasetEntry, Metric, Split
from benchmark.data.rows import ParseContext, Row
from benchmark.data.sources import files_of, local_path, read_bytes
from tracking import cache_folder

METADATA = "about.json"
READING_CODE = (
    *("corpus", "parsers", "rows", "splits", "spelling", "tags", "conll", "headers", "tables"),
    *("unlabelled", "plain_text"),
)
"""Modules on whose code a parsed data set depends."""
NO_LABEL = -1
"""Id in place of the label of a text without one, as `datasets` has it."""

Texts = Sequence[str] | Sequence[Sequence[str]]
"""Texts of a classification task, or tokens per sentence of a tagging task."""

disable_progress_bars()


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """One data set, read and checked."""

    name: str
    task: Task
    splits: DatasetDict
    """train, validation, test; columns `text`, `label` (ClassLabel) or `tokens`, `tags` (lists; ClassLabel)."""
    labels: tuple[str, ...]
    """Names in the order of their ids; for tagging with prefixes such as B- and I-."""
    metric: Metric
    digest: str
    """SHA-256 over task, labels and rows, the same on every machine."""
    licence: str
    source: str
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Number of lines, by kind, that are in the files and hold no example."""
    unlabeled: tuple[Path, ...] = ()
    """Unlabelled text files of the data set, one text per line."""

    @property
    def is_labelled(self) -> bool:
        """Whether it has labelled training text."""
        return len(self.splits["train"]) > 0

    def has_gold(self, split: Split) -> bool:
        """Whether the split's texts have labels; validation has none if it was cut off unlabelled text."""
        first = self.splits[split][:1][self.label_column]
        return bool(first) and NO_LABEL not in np.ravel(first[0])

    def lacking(self, split: Split) -> list[str]:
        """Labels of train that no text of a split with labels has."""
        ids = [set(np.hstack(self.splits[each][:][self.label_column] or [[]])) for each in ("train", split)]
        return [name for i, name in enumerate(self.labels) if i in ids[0] - ids[1]] if self.has_gold(split) else []

    @property
    def label_column(self) -> str:
        return "label" if self.task == "classification" else "tags"

    def texts(self, split: Split) -> Texts:
        """The split's texts (or tokens per sentence) in order."""
        column: Texts = self.splits[split][:]["text" if self.task == "classification" else "tokens"]
        return column


def load_corpus(entry: DatasetEntry, limit: int = 0) -> Corpus:
    """Reads, checks and caches a data set; with a `limit`, takes a seeded sample of that many rows of each split.

    Arrow files are cached under a digest of the source's bytes and of the code that reads them, so a second load is
    quick, and an edited file is read again.

    Raises DataError for a missing, broken or unusable file and a private data set without files, UnknownNameError for a
    missing column.
    """
    contents = {split: read_bytes(entry, file) for split, file in files_of(entry).items()}
    key = _cache_key(entry, contents)
    stored = load_arrow(key) or save_arrow(key, _build(entry, contents))
    corpus = Corpus(
        name=entry.name,
        task=entry.task,
        splits=stored.splits,
        labels=stored.labels,
        metric=entry.metric or tags.metric_of(entry.task, stored.labels),
        digest=stored.digest,
        licence=entry.licence,
        source=entry.source,
        skipped=stored.skipped,
        unlabeled=tuple(local_path(entry, path) for path in entry.unlabeled),
    )
    return _sampled(corpus, limit) if limit else corpus


def _sampled(corpus: Corpus, limit: int) -> Corpus:
    data = DatasetDict({split: _sample(corpus.splits[split], limit, split) for split in SPLITS})
    return replace(corpus, splits=data, digest=_content_digest(corpus.task, corpus.labels, data))


def _sample(data: Dataset, limit: int, split: Split) -> Dataset:
    rows = sorted(splits.ranking(len(data), f"limit:{split}")[:limit])
    return Dataset.from_dict(data[rows], data.features)


# --- Parsing ---------------------------------------------------------------------------------------------------------


class ArrowData(NamedTuple):
    """A parsed data set."""

    splits: DatasetDict
    labels: tuple[str, ...]
    digest: str
    skipped: Mapping[str, int] = MappingProxyType({})


def _build(entry: DatasetEntry, contents: Mapping[Split, bytes]) -> ArrowData:
    files = files_of(entry)
    of_hub = entry.hub.rpartition("@")[0]
    where = {split: f"{entry.name}: {f'{split} of {of_hub}' if of_hub else file.path}" for split, file in files.items()}
    skipped = Counter[str]()
    parsed = {split: _parsed(entry, split, content, where[split], skipped) for split, content in contents.items()}
    conll = {split for split, file in files.items() if file.format == "conll"}
    headers.check_headers(parsed, where, files, by_position=bool(conll) or isinstance(entry.text, int))
    splits.check_single_labels(parsed, where)
    if entry.task == "sequence_labeling":
        tags.check_tags(parsed, where, conll)
    spelling.check_spelling(parsed, where, conll, entry.task)
    labels = entry.labels or splits.labels_of(chain(*(parsed.get(split, ()) for split in entry.labelling_splits)))
    _add_splits(entry, parsed, where)
    splits.check_splits(parsed, labels, where)
    data = DatasetDict({split: _dataset(entry.task, parsed[split], labels) for split in SPLITS})
    return ArrowData(data, tuple(labels), _content_digest(entry.task, labels, data), +skipped)


def _add_splits(entry: DatasetEntry, parsed: dict[Split, list[Row]], where: dict[Split, str]) -> None:
    """Adds the splits that have no file: validation, and for a data set without labelled text an empty train split."""
    if entry.has_train and not parsed["train"]:
        raise DataError(f"{where['train']}: the train split is empty. Provide rows.")
    fraction, task = entry.validation_fraction, entry.task
    if entry.has_train and fraction:
        parsed["train"], parsed["validation"] = splits.cut_validation(parsed["train"], fraction, task, where["train"])
        where["validation"] = where["train"]
    elif not entry.has_train:
        where["train"] = f"{entry.name}: the unlabelled text"
        parsed["train"] = []
        if "validation" not in parsed:
            held_out, paths = (
                [row.text for row in parsed["test"]],
                [local_path(entry, path) for path in entry.unlabeled],
            )
            parsed["validation"] = unlabelled.validation_rows(paths, task, fraction, held_out, where["train"])
            where["validation"] = where["train"]


def _parsed(entry: DatasetEntry, split: Split, content: bytes, where: str, skipped: Counter[str]) -> list[Row]:
    context = ParseContext(where, entry.task, split, files_of(entry)[split], entry.text, entry.label, skipped)
    return parsers.parse(content, context)


def _dataset(task: Task, rows: Sequence[Row], labels: Sequence[str]) -> Dataset:
    ids = {name: i for i, name in enumerate(labels)}
    texts = [row.text for row in rows]
    names = ClassLabel(names=list(labels))
    if task == "classification":
        classes = [ids[str(row.label)] if row.label else NO_LABEL for row in rows]
        return Dataset.from_dict({"text": texts, "label": classes}, Features({"text": Value("string"), "label": names}))
    tags = [[ids[tag] for tag in row.label] or [NO_LABEL] * len(row.text) for row in rows]
    features = Features({"tokens": List(Value("string")), "tags": List(names)})
    return Dataset.from_dict({"tokens": texts, "tags": tags}, features)


def _content_digest(task: Task, labels: Sequence[str], data: DatasetDict) -> str:
    return digest({"task": task, "labels": list(labels), "splits": {split: data[split][:] for split in SPLITS}})


# --- Arrow cache: one folder per digest of the source ----------------------------------------------------------------


def _cache_key(entry: DatasetEntry, contents: Mapping[Split, bytes]) -> str:
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in READING_CODE]
    return digest(
        {
            "files": {split: hashlib.sha256(content).hexdigest() for split, content in contents.items()},
            "formats": {split: [file.format, file.quoted] for split, file in files_of(entry).items()},
            "fields": [entry.task, entry.text, entry.label],
            "labels": entry.labels,
            "validation_fraction": entry.validation_fraction,
            "unlabelled": [] if entry.has_train else [file_digest(local_path(entry, path)) for path in entry.unlabeled],
            "code": [hashlib.sha256(path.read_bytes()).hexdigest() for path in code],
        }
    )


def load_arrow(key: str) -> ArrowData | None:
    """The data set saved under `key`; None if there is none, or a damaged one."""
    try:
        return _open(cache_folder() / "arrow" / key)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _open(folder: Path) -> ArrowData:
    """Verified and opened once per process: the folder is named by a digest, so its content never changes."""
    if not verify(folder):
        raise ValueError(f"{folder} does not match its checksums")
    metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    stored = DatasetDict.load_from_disk(str(folder))
    features = stored["test"].features
    empty = Dataset.from_dict({name: [] for name in features}, features)
    data = DatasetDict({split: stored.get(split, empty) for split in SPLITS})
    return ArrowData(data, tuple(metadata["labels"]), str(metadata["digest"]), metadata["skipped"])


def save_arrow(key: str, data: ArrowData) -> ArrowData:
    """Saves `data` under `key` and returns it as opened from there.

    If the cache cannot be written, returns `data`; the next load parses again.
    """
    try:
        write_dir_atomic(cache_folder() / "arrow" / key, lambda draft: _write(draft, data))
    except OSError:
        return data
    return load_arrow(key) or data


def _write(folder: Path, data: ArrowData) -> None:
    DatasetDict({split: part for split, part in data.splits.items() if len(part)}).save_to_disk(str(folder))
    metadata = {"labels": data.labels, "digest": data.digest, "skipped": dict(data.skipped)}
    (folder / METADATA).write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
