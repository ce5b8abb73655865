"""Texts that have teacher outputs, where the teacher is a file: their number, and an error if too few."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from benchmark.core.errors import DataError, InputError
from benchmark.core.spec import FROM_FILE, RunSpec
from benchmark.data.augmentation.config import METHODS
from benchmark.data.rows import shorten
from benchmark.distillation.encoding import POOL, Part
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher_outputs import required_parts

Readers = Mapping[Part, Sequence[str]]
"""Settings that read a part."""
NAMES: Mapping[Part, str] = {POOL: "unlabelled"}


def require_outputs(suite_data: SuiteData, specs: Sequence[RunSpec]) -> list[str]:
    """A line for each data set whose teacher is a file: the number of texts of each part that have outputs.

    Raises DataError if a text that a student reads has none, InputError for a setting that makes texts.
    """
    datasets = dict.fromkeys(spec.dataset for spec in specs if spec.is_teacher and spec.setting == FROM_FILE)
    return [_line(suite_data, name, [spec for spec in specs if spec.dataset == name]) for name in datasets]


def _line(suite_data: SuiteData, dataset: str, specs: Iterable[RunSpec]) -> str:
    readers = _readers(specs)
    counts = []
    for part in dict.fromkeys([*readers, "validation", "test"]):
        texts, outputs = suite_data.texts(dataset, part), suite_data.outputs(dataset)
        missing = [text for text in texts if outputs is not None and text not in outputs]
        if missing and part != "test":
            raise DataError(
                f"The teacher outputs of {dataset!r} lack {len(missing)} of {len(texts)} {NAMES.get(part, part)} "
                f"texts, as {shorten(missing[0])}. {_remedy(readers.get(part, ()))}"
            )
        counts.append(f"{len(texts) - len(missing)} of {len(texts)} {NAMES.get(part, part)}")
    return f"Texts with teacher outputs in {dataset}: {', '.join(counts)}."


def _remedy(settings: Sequence[str]) -> str:
    """A validation text needs outputs in any setting: it gives the teacher its F1."""
    return f"Add them, or leave out what learns from them: {', '.join(settings)}." if settings else "Add them."


def _readers(specs: Iterable[RunSpec]) -> Readers:
    readers: dict[Part, list[str]] = defaultdict(list)
    for spec in specs:
        if spec.text_source in METHODS and not spec.is_teacher:
            raise InputError(
                f"Setting {spec.setting!r} makes texts, of which a file of teacher outputs has none. Leave it out."
            )
        for part in required_parts(spec):
            readers[part] = list(dict.fromkeys([*readers[part], spec.setting]))
    return readers
