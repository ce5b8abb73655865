"""Suites: named lists of data sets of one task, built in or from a user's FILE.yml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.core.errors import UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS
from benchmark.data.entry import DatasetEntry
from benchmark.data.suite_file import read_suite_file


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A named list of data sets of one task."""

    name: str
    task: Task
    datasets: tuple[str, ...]
    """What a plan holds where no data set is named, and what the unlabelled pool is made of."""
    entries: Mapping[str, DatasetEntry]
    """Every data set that may be named."""
    unlabeled: tuple[Path, ...] = ()
    """Further text files, one text a line."""
    teacher: str | None = None
    """Hub id or folder, where the suite's file names one."""

    def moved(self, place: Callable[[str], str]) -> "Suite":
        """The same suite where `place` says that each of its files lies."""
        return replace(
            self,
            entries={name: entry.moved(place) for name, entry in self.entries.items()},
            unlabeled=tuple(Path(place(str(path))) for path in self.unlabeled),
        )


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
"""The built-in suites by preset; a suite is named for its task."""


def load_suite(name_or_file: str, preset: str) -> Suite:
    """A built-in suite as `preset` has it, or one of the user's own from a yml file (the same in every preset).

    Raises:
        UnknownNameError: no such suite, preset, or key of the file; the nearest one is offered.
        InputError: a file that is no suite: broken YAML, a value of another type, a name that is no file name.
        DataError: a file that does not exist.
    """
    for task in TASKS:
        if name_or_file == task:
            return _built_in(task, preset)
    if Path(name_or_file).suffix.lower() in (".yml", ".yaml"):
        return _from_file(Path(name_or_file))
    raise UnknownNameError("suite (or path of a FILE.yml)", name_or_file, TASKS)


def _built_in(task: Task, preset: str) -> Suite:
    if preset not in SUITES:
        raise UnknownNameError("preset", preset, SUITES)
    entries = {name: entry for name, entry in DATASETS.items() if entry.task == task}
    return Suite(name=task, task=task, datasets=SUITES[preset][task], entries=entries)


def _from_file(path: Path) -> Suite:
    read = read_suite_file(path)
    return Suite(
        name=read.name,
        task=read.task,
        datasets=tuple(read.entries),
        entries=read.entries,
        unlabeled=read.unlabeled,
        teacher=read.teacher,
    )
