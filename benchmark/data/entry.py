"""Descriptions of data sets (public, private, bundled and the user's own) and of suites; nothing is read yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from benchmark.core.spec import Task

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

Format = Literal["csv", "tsv", "jsonl", "conll", "clinc"]
Metric = Literal["macro_f1", "entity_f1", "word_f1"]
Origin = Literal["public", "private", "demo", "own"]
Column = str | int
"""A column by name, or by position (from 0) where the file has no header."""


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One file: `path` on this machine, or within its repository."""

    path: str
    format: Format
    sha256: str = ""
    """Hex digest of the bytes; empty accepts any content."""
    quoted: bool = True
    """Whether a tsv cell wrapped in double quotes is unwrapped; False reads every quote as text."""


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """Where a data set comes from and what it holds; nothing of it is read yet."""

    name: str
    task: Task
    origin: Origin
    description: str = ""
    repository: str = ""
    """`owner/repository` of a public data set."""
    revision: str = ""
    """The commit that the files are pinned to."""
    files: Mapping[Split, DataFile] = field(default_factory=dict)
    unlabeled: tuple[str, ...] = ()
    """Text files that come with the data set, one text a line."""
    text: Column | None = None
    """Column of the text (or of the tokens); None takes the format's usual one."""
    label: Column | None = None
    labels: tuple[str, ...] = ()
    """Class names in ClassLabel order; empty reads them from the train split."""
    n_rows: Mapping[Split, int] = field(default_factory=dict)
    """Rows per split as published; empty where that is not known before reading."""
    n_classes: int = 0
    """Classes, or types of entity without O; 0 where that is not known before reading."""
    metric: Metric | None = None
    """None derives it from the labels."""
    licence: str = "unknown"
    validation_fraction: float = 0.0
    """Share of train that becomes the validation split; 0 reads a file of its own."""
    stand_in: str = ""
    """Name of a public data set to take in place of a private one."""

    def moved(self, place: Callable[[str], str]) -> "DatasetEntry":
        """The same data set where `place` says that each file lies."""
        return replace(self, files={split: replace(f, path=place(f.path)) for split, f in self.files.items()})

    @property
    def private(self) -> bool:
        return self.origin == "private"

    @property
    def bundled(self) -> bool:
        """Whether the files ship with this package; their paths are relative to `benchmark/data/demo`."""
        return self.origin == "demo"

    @property
    def source(self) -> str:
        """For people: where the data comes from."""
        if self.repository:
            return f"{self.repository}@{self.revision}"
        names = ", ".join(dict.fromkeys(Path(file.path).name for file in self.files.values()))
        return {"private": "private to the paper's authors", "demo": "bundled"}.get(self.origin, names)

    @property
    def n_train(self) -> int | None:
        return self.n_rows.get("train")

    @property
    def n_validation(self) -> int | None:
        return self.n_rows.get("validation")

    @property
    def n_test(self) -> int | None:
        return self.n_rows.get("test")


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
