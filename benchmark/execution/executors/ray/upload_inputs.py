"""Input files of pending runs, stored where every node can fetch them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.core.errors import InputError
from benchmark.core.settings import Source
from benchmark.core.spec import RunSpec
from benchmark.data import sources
from benchmark.data.augmentation.config import IDENTITY_FILES as MODEL_FILES
from benchmark.data.augmentation.config import METHODS, MODELS
from benchmark.data.entry import DatasetEntry
from benchmark.data.suites import Suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import IDENTITY_FILES as ENCODER_FILES
from benchmark.execution.executors.ray.file_sets import FileSet, PathResolver
from tracking import Store

IN_DOMAIN: Source = "in_domain"

Packed = tuple[FileSet, Mapping[str, str]]
"""A file set, and its tokens by what the command calls them; the empty token is all of it."""


def upload_inputs(suite_data: SuiteData, specs: Sequence[RunSpec], store: Store) -> SuiteData:
    """The same rooms for any machine: what runs of `specs` read of files here is kept in the store.

    Models of the hub and of installed packages each machine finds for itself. Raises InputError where a file cannot be
    read, or changes meanwhile.
    """
    data = _data(suite_data.suite, specs)
    held = tuple(
        name for name in suite_data.suite.datasets if name in data
    )  # of private ones a machine may have its own
    suite = replace(suite_data.suite, datasets=held, entries={**suite_data.suite.entries, **data})
    locations: dict[str, tuple[FileSet, str]] = {}
    try:
        for file_set, entries in (*_data_sets(data), *_texts(suite_data, specs), *_models(suite_data, specs)):
            stored = file_set.stored(suite.name, store)
            locations |= {name: (stored, entry) for name, entry in entries.items()}
    except OSError as error:
        raise InputError(f"What the nodes are to read cannot be sent to them: {error}.") from error
    return replace(suite_data, suite=suite, resolve_path=PathResolver(store.uri, locations))


def _data(suite: Suite, specs: Sequence[RunSpec]) -> Mapping[str, DatasetEntry]:
    """The data sets that the runs read, as files of this machine; a pool is made of all that the suite has."""
    names = {spec.dataset for spec in specs} | {n for spec in specs if spec.unlabeled for n in suite.datasets}
    entries = [suite.entries[name] for name in sorted(names)]
    return {entry.name: sources.local_entry(entry) for entry in entries if sources.is_available(entry)}


def _data_sets(data: Mapping[str, DatasetEntry]) -> Iterator[Packed]:
    for name, entry in data.items():
        if entry.files and not entry.bundled:
            yield _files(name, {f"{split}.{file.format}": file.path for split, file in entry.files.items()})


def _texts(suite_data: SuiteData, specs: Sequence[RunSpec]) -> Iterator[Packed]:
    """Unlabelled ones."""
    if suite_data.suite.unlabeled and any(spec.unlabeled for spec in specs):
        yield _files(
            "unlabeled", {f"{number}.txt": str(path) for number, path in enumerate(suite_data.suite.unlabeled)}
        )
    if any(spec.text_source == IN_DOMAIN for spec in specs):
        yield _files(IN_DOMAIN, {f"{IN_DOMAIN}.txt": suite_data.augmentation.in_domain})


def _models(suite_data: SuiteData, specs: Sequence[RunSpec]) -> Iterator[Packed]:
    """Of the large ones only what is needed."""
    yield from _folder("encoder", suite_data.teacher, ENCODER_FILES)
    if any(spec.embedding_source for spec in specs):
        yield _files(
            "vectors", {f"vectors{'.bin' if suite_data.vectors.endswith('.bin') else '.vec'}": suite_data.vectors}
        )
    if any(spec.text_source in METHODS for spec in specs):
        for name in MODELS:
            yield from _folder(name, getattr(suite_data.augmentation, name), MODEL_FILES)


def _files(title: str, paths: Mapping[str, str]) -> Packed:
    return FileSet.of_files(title, paths), {path: name for name, path in paths.items()}


def _folder(title: str, name: str, patterns: tuple[str, ...]) -> Iterator[Packed]:
    """Nothing where the name is that of no folder."""
    if name and Path(name).is_dir():
        yield FileSet.of_folder(title, name, patterns), {name: ""}
