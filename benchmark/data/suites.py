"""Suites by name: built in, or read from a user's FILE.yml."""

from pathlib import Path

from benchmark.core.errors import UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import Suite

__all__ = ["SUITES", "Suite", "load_suite"]

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

    Raises:
        UnknownNameError: no such suite or preset; what `read_suite_file` raises.
    """
    for task in TASKS:
        if name_or_file == task:
            return _built_in(task, preset)
    if Path(name_or_file).suffix.lower() in (".yml", ".yaml"):
        from benchmark.data.suite_file import read_suite_file  # pydantic: other commands do not wait for its import

        return read_suite_file(Path(name_or_file))
    raise UnknownNameError("suite (or path of a FILE.yml)", name_or_file, TASKS)


def _built_in(task: Task, preset: str) -> Suite:
    if preset not in SUITES:
        raise UnknownNameError("preset", preset, SUITES)
    entries = {name: entry for name, entry in DATASETS.items() if entry.task == task}
    return Suite(name=task, task=task, datasets=SUITES[preset][task], entries=entries)
