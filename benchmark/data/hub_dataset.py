"""Data sets of the Hugging Face Hub, and folders that `datasets` reads, as jsonl files in the cache."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.core.cache import file_digest, is_intact, read_json, verify, write_dir_atomic, write_json
from benchmark.core.errors import DataError, UnknownNameError
from benchmark.core.hub import said
from benchmark.core.spec import digest
from benchmark.data.entry import Split
from benchmark.data.rows import shorten
from tracking import cache_folder, scratch_folder

if TYPE_CHECKING:
    from datasets import Dataset

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class HubDataset:
    """A data set as a suite file names it."""

    name: str
    """owner/dataset, or a folder on this machine."""
    config: str | None = None
    revision: str | None = None
    """Branch, tag or commit; None for main."""
    splits: Mapping[Split, str]
    """Names on the Hub."""
    text: str
    label: str
    """Columns; ids of a ClassLabel become its names."""
    where: str
    """Suite file and data set, for messages."""

    @property
    def is_folder(self) -> bool:
        return Path(self.name).is_dir()

    def error(self, message: str) -> DataError:
        at = f"@{self.revision}" if self.revision else ""
        return DataError(f"{self.where}: {self.name}{at}: {message}")


def fetch(source: HubDataset) -> dict[Split, Path]:
    """Files of the splits: one JSON object per row, with the two columns under their names.

    They are read again only when the revision has moved; without the network, the last ones are used. Raises DataError
    for a data set that is not there or cannot be read, and UnknownNameError for a missing column.
    """
    commit = _commit(source)
    key = digest([source.name, source.config, commit, dict(source.splits), source.text, source.label])
    folder = cache_folder() / "hub" / key
    if not verify(folder):
        write_dir_atomic(folder, partial(_write, source, commit))
    return {split: folder / f"{split}.jsonl" for split in source.splits}


def _commit(source: HubDataset) -> str:
    """Commit of the revision, or a digest of the folder's files. Without the network, the commit last seen."""
    if source.is_folder:
        files = sorted(path for path in Path(source.name).rglob("*") if path.is_file())
        return digest([[str(path), file_digest(path)] for path in files])
    from huggingface_hub import HfApi

    from benchmark.bundle.hub import is_refusal, problem

    seen = cache_folder() / "hub" / f"{digest([source.name, source.revision])}.json"
    try:
        commit = HfApi().dataset_info(source.name, revision=source.revision, timeout=TIMEOUT_SECONDS).sha
    except Exception as error:
        if is_refusal(error):
            raise source.error(problem(error)) from None
        if not is_intact(seen):
            raise source.error(f"this machine has no copy, and {problem(error)}") from None
        return str(read_json(seen))
    write_json(seen, commit)
    return str(commit)


def _write(source: HubDataset, commit: str, folder: Path) -> None:
    for split, name in source.splits.items():
        lines = (_line(row, source, name) for row in _rows(source, name, commit))
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def _line(row: Mapping[str, Any], source: HubDataset, split: str) -> str:
    def refuse(value: object) -> object:
        raise source.error(
            f"split {split!r} holds {shorten(value)}; strings, whole numbers and lists of them are read."
        )

    return json.dumps(row, ensure_ascii=False, default=refuse) + "\n"


def _rows(source: HubDataset, split: str, commit: str) -> Iterator[dict[str, Any]]:
    with scratch_folder() as scratch:
        dataset = _load(source, split, commit, str(scratch))
        for column in (source.text, source.label):
            if column not in dataset.column_names:
                raise UnknownNameError(f"column of {source.where}, {source.name}:", column, dataset.column_names)
        name = _namer(dataset.features[source.label], source, split)
        for text, label in zip(dataset[source.text], dataset[source.label], strict=True):
            yield {source.text: text, source.label: name(label)}


def _load(source: HubDataset, split: str, commit: str, scratch: str) -> "Dataset":
    """The split; `datasets` would take an edited folder for its last copy, so its cache is left empty."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    revision = None if source.is_folder else commit
    try:
        return load_dataset(source.name, source.config, revision=revision, split=split, cache_dir=scratch)
    except Exception as error:  # an unknown configuration or split, a script, a broken file, no network
        raise source.error(f"split {split!r} cannot be read: {said(error)}.") from None


def _namer(feature: Any, source: HubDataset, split: str) -> Callable[[Any], Any]:
    """Names for the class ids of a label, or of the tags in a list; other values as they are."""
    names = getattr(getattr(feature, "feature", feature), "names", None)

    def name(value: Any) -> Any:
        if isinstance(value, list):
            return [name(each) for each in value]
        if names is None or isinstance(value, str):
            return value
        if value is None or not 0 <= value < len(names):
            raise source.error(f"split {split!r} has a row without a label ({value}). Name a split that has labels.")
        return names[value]

    return name
