"""Requirements of settings: options that they need, read and checked."""

import argparse
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmark.core.errors import DataError, InputError
from benchmark.core.settings import IN_DOMAIN, SETTINGS
from benchmark.core.spec import RunSpec, Task
from benchmark.data.augmentation.config import METHODS, AugmentationConfig, missing_options
from benchmark.data.sources import read_local
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.tokenizer import vocabulary
from students.registry import BASELINES

OF_BASELINES = ("vanilla", "kd", "kd_ulb")
"""Settings of baselines: labels of the data, and the teacher's labels of labelled text, or of unlabelled text too."""


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

    n_skipped = check_vectors(Path(name), vocabulary(suite_data.tokenizer))
    return [f"Lines of {name} skipped, since their word contains spaces: {n_skipped}."] if n_skipped else []
