"""Suites: the built-in ones by name, and those of the user's own by FILE.yml."""

from pathlib import Path

from benchmark.core.errors import UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS, SUITES
from benchmark.data.entry import Suite
from benchmark.data.suite_file import read_suite_file


def load_suite(name_or_file: str, preset: str) -> Suite:
    """A built-in suite in its `preset`, or the suite of a yml file, which is the same in every preset.

    Raises UnknownNameError for an unknown suite or preset, and the errors of `read_suite_file`.
    """
    for task in TASKS:
        if name_or_file == task:
            return _built_in(task, preset)
    if Path(name_or_file).suffix.lower() in (".yml", ".yaml"):
        return read_suite_file(Path(name_or_file))
    raise UnknownNameError("suite (or path of a FILE.yml)", name_or_file, TASKS)


def _built_in(task: Task, preset: str) -> Suite:
    if preset not in SUITES:
        raise UnknownNameError("preset", preset, SUITES)
    entries = {name: entry for name, entry in DATASETS.items() if entry.task == task}
    return Suite(name=task, task=task, datasets=SUITES[preset][task], entries=entries)
