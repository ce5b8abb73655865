"""Upload of the input files of pending runs to the run store, from which every node fetches them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.core.errors import InputError
from benchmark.core.settings import Source
from benchmark.core.spec import RunSpec
from benchmark.data import sources
from benchmark.data.augmentation.config import IDENTITY_FILES as MODEL_FILES
from benchmark.data.augmentation.config import METHODS, MODELS
from benchmark.data.entry import DatasetEntry, Suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import IDENTITY_FILES as ENCODER_FILES
from benchmark.execution.executors.ray.file_sets import FileSet, PathResolver
from tracking import Store

IN_DOMAIN: Source = "in_domain"

NamedFileSet = tuple[FileSet, Mapping[str, str]]
"""A file set, and its entries by the name that the command uses; the empty entry is the whole set."""


def upload_inputs(suite_data: SuiteData, specs: Sequence[RunSpec], store: Store) -> SuiteData:
    """The suite's data, readable on any machine: input files of `specs` are stored in the run store.

    Each machine loads models of the hub and of installed packages itself. Raises InputError if a file cannot be read or
    changes meanwhile.
    """
    data = _data(suite_data.suite, specs)
    available = tuple(
        name for name in suite_data.suite.datasets if name in data
    )  # private ones may be another machine's
    suite = replace(suite_data.suite, datasets=available, entries={**suite_data.suite.entries, **data})
    locations: dict[str, tuple[FileSet, str]] = {}
    try:
        for file_set, entries in (*_data_sets(data), *_texts(suite_data, specs), *_models(suite_data, specs)):
            stored = file_set.stored(suite.name, store)
            locations |= {name: (stored, entry) for name, entry in entries.items()}
    except OSError as error:
        raise InputError(f"An input file cannot be sent to the nodes: {error}.") from error
    return replace(suite_data, suite=suite, resolve_path=PathResolver(store.uri, locations))


def _data(suite: Suite, specs: Sequence[RunSpec]) -> Mapping[str, DatasetEntry]:
    """Data sets that the runs read, as files of this machine; a pool reads all data sets of the suite."""
    names = {spec.dataset for spec in specs} | {n for spec in specs if spec.reads_pool for n in suite.datasets}
    entries = [suite.entries[name] for name in sorted(names)]
    return {entry.name: sources.local_entry(entry) for entry in entries if sources.is_available(entry)}


def _data_sets(data: Mapping[str, DatasetEntry]) -> Iterator[NamedFileSet]:
    for name, entry in data.items():
        if entry.files and not entry.bundled:
            files = {f"{split}.{file.format}": file.path for split, file in entry.files.items()}
            files |= {f"unlabeled{number}.txt": path for number, path in enumerate(entry.unlabeled)}
            if entry.outputs:
                files[f"outputs{Path(entry.outputs.path).suffix}"] = entry.outputs.path
            yield _files(name, files)


def _texts(suite_data: SuiteData, specs: Sequence[RunSpec]) -> Iterator[NamedFileSet]:
    if suite_data.suite.unlabeled and any(spec.reads_pool for spec in specs):
        yield _files(
            "unlabeled", {f"{number}.txt": str(path) for number, path in enumerate(suite_data.suite.unlabeled)}
        )
    if any(spec.text_source == IN_DOMAIN for spec in specs):
        yield _files(IN_DOMAIN, {f"{IN_DOMAIN}.txt": suite_data.augmentation.in_domain})


def _models(suite_data: SuiteData, specs: Sequence[RunSpec]) -> Iterator[NamedFileSet]:
    """Models that the runs read; vectors and generating models only if a run needs them."""
    for number, name in enumerate((suite_data.teacher, *suite_data.others), 1):
        yield from _folder("encoder" if number == 1 else f"encoder{number}", name, ENCODER_FILES)
    if any(spec.embedding_source for spec in specs):
        yield _files(
            "vectors", {f"vectors{'.bin' if suite_data.vectors.endswith('.bin') else '.vec'}": suite_data.vectors}
        )
    if any(spec.text_source in METHODS for spec in specs):
        for name in MODELS:
            yield from _folder(name, getattr(suite_data.augmentation, name), MODEL_FILES)


def _files(title: str, paths: Mapping[str, str]) -> NamedFileSet:
    return FileSet.of_files(title, paths), {path: name for name, path in paths.items()}


def _folder(title: str, name: str, patterns: tuple[str, ...]) -> Iterator[NamedFileSet]:
    """The folder's file set; nothing if `name` is no folder."""
    if name and Path(name).is_dir():
        yield FileSet.of_folder(title, name, patterns), {name: ""}
