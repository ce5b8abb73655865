"""Suites: the built-in ones by name, and those of the user's own by FILE.yml."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from benchmark.core.errors import DataError, InputError, UnknownNameError
from benchmark.core.spec import TASKS, Task
from benchmark.data.catalogue import DATASETS, SUITES
from benchmark.data.entry import (
    SPLITS,
    DataFile,
    DatasetEntry,
    Format,
    OutputsFile,
    Split,
    Suite,
    TeacherEntry,
)
from benchmark.data.hub_dataset import HubDataset, fetch
from benchmark.data.rows import COLUMNS, shorten
from benchmark.data.sources import read_local, require_uncompressed
from benchmark.data.suite_document import SUFFIXES, read_document
from benchmark.data.suite_errors import explain
from benchmark.data.suite_schema import DatasetSection, OutputsSection, SuiteSection, TeacherSection

CONVERSIONS = {
    ".json": "Write a list as jsonl: pandas.read_json(FILE).to_json(NAME, orient='records', lines=True).",
    ".parquet": "Name its folder by `hub: FOLDER`, or write csv: pandas.read_parquet(FILE).to_csv(NAME, index=False).",
}
"""Remedies by the ending of a file that is not read."""
FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".conll": "conll", ".conllu": "conll"}


def load_suite(name_or_file: str, preset: str) -> Suite:
    """A built-in suite in its `preset`, or the suite of a yml file, which is the same in every preset.

    Raises UnknownNameError for an unknown suite, and the errors of `read_suite_file`.
    """
    for task in TASKS:
        if name_or_file == task:
            return _built_in(task, preset)
    if Path(name_or_file).suffix.lower() in SUFFIXES:
        return read_suite_file(Path(name_or_file))
    raise UnknownNameError("suite (or path of a FILE.yml)", name_or_file, TASKS)


def _built_in(task: Task, preset: str) -> Suite:
    entries = {name: entry for name, entry in DATASETS.items() if entry.task == task}
    return Suite(name=task, task=task, datasets=SUITES[preset][task], entries=entries)


def read_suite_file(path: Path) -> Suite:
    """Reads and checks a suite file; its data files must exist, their content is read later.

    Raises UnknownNameError for an unknown key, task or format, InputError for invalid YAML or an invalid value,
    DataError for a missing file.
    """
    document = read_document(path)
    if not isinstance(document.content, dict):
        keys = ", ".join(SuiteSection.model_fields)
        raise InputError(f"{path} holds {shorten(document.content)}; a suite file is a mapping with {keys}.")
    try:
        section = SuiteSection.model_validate({"name": path.stem, **document.content})
    except ValidationError as error:
        raise explain(error, document) from None
    teachers = [_teacher(each, path) for each in section.teacher or ()]
    return Suite(
        name=section.name,
        task=section.task,
        datasets=tuple(section.datasets),
        entries={name: _entry(name, dataset, section, path) for name, dataset in section.datasets.items()},
        unlabeled=tuple(_existing(name, path) for name in section.unlabeled),
        teacher=teachers[0] if teachers else None,
        others=tuple(teachers[1:]),
    )


def _entry(name: str, section: DatasetSection, suite: SuiteSection, suite_path: Path) -> DatasetEntry:
    task = suite.task
    where = f"{suite_path}, data set {name!r}"
    splits: dict[Split, str] = {split: given for split in SPLITS if (given := getattr(section, split))}
    if section.hub:
        files = _hub_files(section, section.hub, splits, task, suite_path, where)
    else:
        paths = {split: _existing(file, suite_path) for split, file in splits.items()}
        files = {split: DataFile(path=str(p), format=_format(section, p, task, where)) for split, p in paths.items()}
    return DatasetEntry(
        name=name,
        task=task,
        origin="own",
        hub=f"{section.hub}@{section.revision or 'main'}" if section.hub else "",
        files=files,
        text=section.text,
        label=section.label,
        licence=section.licence,
        labels=tuple(section.labels),
        unlabeled=_unlabeled(section, suite, suite_path, where),
        validation_fraction=section.validation_fraction or 0.0,
        outputs=_outputs(section.teacher_outputs or suite.teacher_outputs, suite_path),
    )


def _hub_files(
    section: DatasetSection, name: str, splits: Mapping[Split, str], task: Task, suite_path: Path, where: str
) -> dict[Split, DataFile]:
    """Copies of the splits in the cache. A folder is relative to the suite file."""
    usual = COLUMNS[task]
    folder = suite_path.parent / os.path.expanduser(name)
    source = HubDataset(
        name=str(folder) if folder.is_dir() else name,
        config=section.config,
        revision=section.revision,
        splits=splits,
        text=str(section.text or usual[0]),
        label=str(section.label or usual[1]),
        where=where,
    )
    return {split: DataFile(path=str(path), format="jsonl") for split, path in fetch(source).items()}


def _unlabeled(section: DatasetSection, suite: SuiteSection, suite_path: Path, where: str) -> tuple[str, ...]:
    """Files of the data set's unlabelled text; without train the suite's too, of which its validation split comes."""
    names = section.unlabeled if section.train else [*section.unlabeled, *suite.unlabeled]
    if not section.train and not names:
        raise InputError(
            f"{where}: `train` is missing. Add a line `train: ...`, or, with a teacher that is used as it is or with "
            "teacher_outputs, a line `unlabeled: FILE` of texts without labels."
        )
    return tuple(str(_existing(name, suite_path)) for name in names)


def _outputs(section: OutputsSection | None, suite_path: Path) -> OutputsFile | None:
    return OutputsFile(path=str(_existing(section.path, suite_path)), kind=section.kind) if section else None


def _existing(name: str, suite_path: Path) -> Path:
    path = suite_path.parent / os.path.expanduser(name)
    if not os.path.isfile(path):  # False, unlike Path.is_file, for a name that is too long
        raise DataError(f"{suite_path}: no file {str(path)!r}. Paths are relative to the folder of {suite_path.name}.")
    return path


def _format(section: DatasetSection, path: Path, task: Task, where: str) -> Format:
    chosen = section.format or FORMATS.get(path.suffix.lower())
    if chosen is None:
        require_uncompressed(read_local(path, where), str(path))
        remedy = CONVERSIONS.get(path.suffix.lower(), "Add `format:` csv, tsv, jsonl or conll.")
        raise InputError(f"{where}: the ending of {path.name!r} does not tell its format. {remedy}")
    if chosen == "conll" and task == "classification":
        raise InputError(
            f"{where}: {path.name!r} is conll, a format of tagged words; classification reads csv, tsv, jsonl."
        )
    if task == "sequence_labeling" and section.format is None and chosen == "tsv" and not isinstance(section.text, str):
        return "conll"  # tagged text is commonly published as .tsv: token TAB tag
    return chosen


def _teacher(section: TeacherSection, suite_path: Path) -> TeacherEntry:
    """The path of a folder is relative to the file; any other name stays, such as a hub id."""
    folder = suite_path.parent / os.path.expanduser(section.path)
    is_folder = folder.is_dir() or section.path.startswith((".", "~"))
    name = str(folder) if is_folder else section.path
    return TeacherEntry(name=name, as_is=section.as_is, labels=section.labels)
