"""Built-in data sets and suites by name, from catalogue.toml."""

import tomllib
from pathlib import Path
from typing import Any

from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry


def _entry(name: str, row: dict[str, Any], repositories: dict[str, Any]) -> DatasetEntry:
    file_format, quoted = row.pop("format", ""), row.pop("quoted", True)
    files = {split: DataFile(**row.pop(split), format=file_format, quoted=quoted) for split in SPLITS if split in row}
    repository = repositories[row.pop("repository")] if "repository" in row else {}
    unlabeled, labels = tuple(row.pop("unlabeled", ())), tuple(row.pop("labels", "").split())
    return DatasetEntry(name=name, files=files, unlabeled=unlabeled, labels=labels, **repository, **row)


_CATALOGUE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

DATASETS: dict[str, DatasetEntry] = {
    name: _entry(name, row, _CATALOGUE["repositories"]) for name, row in _CATALOGUE["datasets"].items()
}
"""Data sets by name; the paper's twelve in the order of its Table 4."""

SUITES: dict[str, dict[Task, tuple[str, ...]]] = {
    preset: {task: tuple(names) for task, names in suites.items()} for preset, suites in _CATALOGUE["suites"].items()
}
"""Data sets of the built-in suites by preset; a suite is named after its task."""
