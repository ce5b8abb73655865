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
OutputKind = Literal["probabilities", "logits"]
Origin = Literal["public", "private", "demo", "own"]
Column = str | int
"""A column by name, or by position (from 0) in a file without a header."""


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One file; `path` is on this machine, in the repository, or in the package's folder of bundled data."""

    path: str
    format: Format
    sha256: str = ""
    """Hex digest of the bytes; empty accepts any content."""
    quoted: bool = True
    """Whether a tsv cell in double quotes is unquoted; False reads every quote as text."""


@dataclass(frozen=True, kw_only=True)
class OutputsFile:
    """A file of teacher outputs over a data set's texts."""

    path: str
    kind: OutputKind = "probabilities"


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """Source and content of a data set."""

    name: str
    task: Task
    origin: Origin
    description: str = ""
    repository: str = ""
    """`owner/repository` of a public data set."""
    revision: str = ""
    """Commit to which the files are pinned."""
    files: Mapping[Split, DataFile] = field(default_factory=dict)
    unlabeled: tuple[str, ...] = ()
    """Unlabelled text files of the data set, one text per line."""
    text: Column | None = None
    """Column of the text (or tokens); None for the format's usual one."""
    label: Column | None = None
    labels: tuple[str, ...] = ()
    """Class names in the order of their ids; empty takes them from the train split, or from test without one."""
    n_rows: Mapping[Split, int] = field(default_factory=dict)
    """Rows per split as published; empty for data that is not published."""
    n_classes: int = 0
    """Classes, or entity types without O; 0 for data that is not published."""
    metric: Metric | None = None
    """None derives it from the labels."""
    licence: str = "unknown"
    language: str | None = None
    """ISO 639-1 code of the texts; None if it is unknown."""
    hub: str = ""
    """`owner/dataset@revision` on the Hugging Face Hub, of which `files` are copies."""
    validation_fraction: float = 0.0
    """Share of train, or of the unlabelled text without train, that becomes the validation split; 0 reads a file."""
    stand_in: str = ""
    """Name of a public data set to run in place of a private one."""
    outputs: OutputsFile | None = None
    """Outputs that are the teacher; None for a teacher that is a model."""

    def moved(self, resolve_path: Callable[[str], str]) -> "DatasetEntry":
        """The same data set with each path mapped by `resolve_path`."""
        files = {split: replace(file, path=resolve_path(file.path)) for split, file in self.files.items()}
        outputs = self.outputs and replace(self.outputs, path=resolve_path(self.outputs.path))
        return replace(self, files=files, outputs=outputs, unlabeled=tuple(map(resolve_path, self.unlabeled)))

    @property
    def has_train(self) -> bool:
        """Whether it has labelled training text; a private data set without files would have it."""
        return not self.files or "train" in self.files

    @property
    def labelling_splits(self) -> tuple[Split, ...]:
        """Splits whose labels are those of the data set."""
        return ("train",) if self.has_train else ("test", "validation")

    @property
    def private(self) -> bool:
        return self.origin == "private"

    @property
    def bundled(self) -> bool:
        """Whether the files ship with this package."""
        return self.origin == "demo"

    @property
    def source(self) -> str:
        """Origin for people: repository and commit, file names, "private to the paper's authors" or "bundled"."""
        if self.hub or self.repository:
            return self.hub or f"{self.repository}@{self.revision}"
        names = ", ".join(dict.fromkeys(Path(file.path).name for file in self.files.values()))
        return {"private": "private to the paper's authors", "demo": "bundled"}.get(self.origin, names)


@dataclass(frozen=True, kw_only=True)
class TeacherEntry:
    """A teacher, as a suite file or the command line names it."""

    name: str
    """Hub id or folder."""
    as_is: bool | None = None
    """Whether it is used without fine-tuning; None decides by its labels."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The data's label by label of the checkpoint; labels that are not listed keep their name."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A named list of data sets of one task."""

    name: str
    task: Task
    datasets: tuple[str, ...]
    """Data sets of a plan that names none; their texts make the unlabelled pool."""
    entries: Mapping[str, DatasetEntry]
    """Every data set that a plan may name."""
    unlabeled: tuple[Path, ...] = ()
    """Further text files, one text per line."""
    teacher: TeacherEntry | None = None
    """The teacher, or the first of several, if the suite's file names one."""
    others: tuple[TeacherEntry, ...] = ()
    """Further teachers of an ensemble."""

    def moved(self, resolve_path: Callable[[str], str]) -> "Suite":
        """The same suite with each path mapped by `resolve_path`."""
        return replace(
            self,
            entries={name: entry.moved(resolve_path) for name, entry in self.entries.items()},
            unlabeled=tuple(Path(resolve_path(str(path))) for path in self.unlabeled),
        )
