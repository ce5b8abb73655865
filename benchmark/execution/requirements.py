"""What settings and teachers require: options, labels, vectors, and outputs of every text that a student reads."""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmark.core.errors import DataError, InputError
from benchmark.core.presets import BUNDLED_TEACHER
from benchmark.core.settings import IN_DOMAIN, SETTINGS
from benchmark.core.spec import FROM_FILE, RunSpec, Task
from benchmark.data.augmentation.config import BACK_TRANSLATED, METHODS, AugmentationConfig, missing_options
from benchmark.data.rows import shorten
from benchmark.data.sources import read_local
from benchmark.distillation.encoding import POOL, Part
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher_check import check_teacher
from benchmark.distillation.teacher_outputs import required_parts
from benchmark.distillation.tokenizer import vocabulary
from students.registry import BASELINES

OF_BASELINES = ("vanilla", "kd", "kd_ulb")
"""Settings of baselines: labels of the data, and the teacher's labels of labelled text, or of unlabelled text too."""
Readers = Mapping[Part, Sequence[str]]
"""Settings that read a part."""
NAMES: Mapping[Part, str] = {POOL: "unlabelled"}


def read_augmentation(args: argparse.Namespace) -> AugmentationConfig:
    """The options of generated and in-domain text. Raises DataError for a text file that is unreadable or empty."""
    forward_model, backward_model = args.translate
    if args.in_domain and not read_local(Path(args.in_domain), IN_DOMAIN).strip():
        raise DataError(f"File {args.in_domain!r} of {IN_DOMAIN} is empty. Give one text per line.")
    return AugmentationConfig(
        forward_model=forward_model,
        backward_model=backward_model,
        fill_mask=args.fill_mask,
        n_texts=args.augmented,
        in_domain=args.in_domain,
    )


def why_not(setting: str, task: Task, augmentation: AugmentationConfig) -> str:
    """The reason why a setting cannot be run on any data set; empty if it can."""
    policy = SETTINGS[setting]
    if policy.balance and task != "classification":
        return "it balances labels of texts, which only classification has"
    if policy.text_source == "in_domain" and not augmentation.in_domain:
        return "it needs --in-domain FILE"
    lacks = missing_options(policy.text_source, augmentation) if policy.text_source in METHODS else ""
    return f"it needs {lacks}" if lacks else ""


def why_not_without_labels(setting: str) -> str:
    """The reason why a setting cannot be run on a data set without labelled training text; empty if it can."""
    policy = SETTINGS[setting]
    if not policy.unlabeled:
        return f"{setting} learns from labelled texts"
    if policy.length_filter:
        return f"{setting} keeps the lengths of labelled texts"
    return f"{setting} makes texts of labelled ones" if policy.text_source in METHODS else ""


def require_runnable(settings: tuple[str, ...], task: Task, augmentation: AugmentationConfig) -> None:
    """Raises InputError for the first setting that cannot be run."""
    for setting in settings:
        if reason := why_not(setting, task, augmentation):
            raise InputError(f"Setting {setting!r} cannot be run: {reason}.")


def why_not_of_baseline(student: str, setting: str) -> str:
    """The reason why a baseline cannot learn in a setting; empty if it can, and for students."""
    if student not in BASELINES or setting in OF_BASELINES:
        return ""
    return f"it learns labels, of the settings {', '.join(OF_BASELINES)}"


def require_baselines(students: Iterable[str], settings: Sequence[str], task: Task) -> None:
    """Raises InputError for the first baseline that is of another task, not installed, or of none of the settings."""
    for name in students:
        if name not in BASELINES:
            continue
        baseline, reason = BASELINES[name], ""
        if baseline.task != task:
            reason = f"it is of the task {baseline.task}, the suite of {task}"
        elif find_spec(baseline.package) is None:
            reason = f"it needs a package. Install it: pip install '{baseline.install}'"
        elif all(why_not_of_baseline(name, setting) for setting in settings):
            reason = why_not_of_baseline(name, settings[0])
        if reason:
            raise InputError(f"Student {name!r} cannot be run: {reason}.")


def require_vectors(suite_data: SuiteData, specs: Iterable[RunSpec]) -> list[str]:
    """A line about skipped parts of the vector file, if there are any.

    Raises DataError for a file that a run of `specs` could not read, before any teacher is fine-tuned. Reads a .vec
    file once, which takes about twice as long as its digest for the run's key.
    """
    name = suite_data.vectors
    if not name or not any(spec.embedding_source for spec in specs):
        return []
    from benchmark.distillation.embeddings import check_vectors  # imports fastText, which a plan does without

    n_skipped = check_vectors(Path(name), vocabulary(suite_data.encoder.tokenizer))
    return [f"Lines of {name} skipped, since their word contains spaces: {n_skipped}."] if n_skipped else []


def require_teachers(suite_data: SuiteData, specs: Iterable[RunSpec]) -> None:
    """Checks each teacher that a run of `specs` reads from a folder.

    Raises DataError for the first that does not answer texts. Models of the hub are left to the runs, which download
    them; the bundled one is tested.
    """
    for spec in specs:
        has_file = suite_data.suite.entries[spec.dataset].outputs is not None
        if (spec.is_teacher and spec.has_model) or (has_file and spec.embeddings == "bert"):
            encoder = suite_data.encoder_of(spec.teacher)
            labels = () if has_file else suite_data.corpus(spec.dataset).labels
            if encoder.is_local and encoder.name != BUNDLED_TEACHER:
                check_teacher(encoder, labels, spec.head, as_is=spec.is_as_is)


def require_models(suite_data: SuiteData, specs: Iterable[RunSpec]) -> None:
    """Raises InputError for a model of back-translation that a run of `specs` could not use."""
    if any(spec.text_source == BACK_TRANSLATED for spec in specs):
        from benchmark.data.augmentation.models import check_models

        check_models(suite_data.augmentation)


def require_outputs(suite_data: SuiteData, specs: Sequence[RunSpec]) -> list[str]:
    """A line for each data set whose teacher is a file: the number of texts of each part that have outputs.

    Raises DataError if a text that a student reads has none, InputError for a setting that makes texts.
    """
    datasets = dict.fromkeys(spec.dataset for spec in specs if spec.is_teacher and spec.setting == FROM_FILE)
    return [_covered(suite_data, name, [spec for spec in specs if spec.dataset == name]) for name in datasets]


def _covered(suite_data: SuiteData, dataset: str, specs: Iterable[RunSpec]) -> str:
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
