"""Data sets and suites by name, from catalogue.toml, and suites of the user's own, by FILE.yml."""

import tomllib
from pathlib import Path
from typing import Any

from benchmark.core.errors import UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Suite


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
    "quickstart": {
        "classification": ("smalltalk_demo",),
        "sequence_labeling": ("entity_demo",),
    },
    "paper": {
        "classification": ("smltk", "health", "telco", "senta", "smsa", "emot"),
        "sequence_labeling": ("entk", "terma", "pos", "nergrit", "nerp", "posp"),
    },
}
"""Data sets of the built-in suites by preset; a suite is named after its task."""


def load_suite(name_or_file: str, preset: str) -> Suite:
    """A built-in suite in its `preset`, or the suite of a yml file, which is the same in every preset.

    Raises UnknownNameError for an unknown suite or preset, and the errors of `read_suite_file`.
    """
    for task in TASKS:
        if name_or_file == task:
            return _built_in(task, preset)
    if Path(name_or_file).suffix.lower() in (".yml", ".yaml"):
        from benchmark.data.suite_file import read_suite_file  # imports pydantic, which other commands do not need

        return read_suite_file(Path(name_or_file))
    raise UnknownNameError("suite (or path of a FILE.yml)", name_or_file, TASKS)


def _built_in(task: Task, preset: str) -> Suite:
    if preset not in SUITES:
        raise UnknownNameError("preset", preset, SUITES)
    entries = {name: entry for name, entry in DATASETS.items() if entry.task == task}
    return Suite(name=task, task=task, datasets=SUITES[preset][task], entries=entries)
