"""The command line of `benchmark.run`, checked, as a BenchmarkConfig."""

import argparse
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmark.core.errors import InputError, require_known
from benchmark.core.presets import PRESETS, Preset
from benchmark.core.settings import LADDER, SETTINGS
from benchmark.core.spec import TASKS, TUNED
from benchmark.data.entry import Suite, TeacherEntry
from benchmark.data.sources import require_uncompressed
from benchmark.data.suites import load_suite
from benchmark.execution.executors import LOCAL
from benchmark.execution.limits import Limits
from benchmark.execution.plan import BenchmarkConfig
from benchmark.execution.requirements import read_augmentation, require_baselines, require_runnable
from benchmark.measurement.machine import usable_cores
from benchmark.reporting import RESULTS, folder_name
from students.registry import NAMES, PAPER

MOST_JOBS = 4
"""Default limit of parallel runs: each holds its data and its model."""

SAME_NAMES = (
    *("agreed", "vocabulary", "limit", "tracking_uri"),
    *("force", "retry_failed", "dry_run", "executor", "ray_address"),
)
"""Arguments that are fields of BenchmarkConfig as they are."""


def benchmark_config(args: argparse.Namespace) -> BenchmarkConfig:
    """The checked configuration; the command line beats the suite file, which beats the preset. Raises InputError."""
    require_known("preset", [args.preset], PRESETS)
    suite = load_suite(args.suite, args.preset)
    preset, augmentation = _preset(args), read_augmentation(args)
    datasets = _chosen("data set", args.dataset, suite.entries, suite.datasets)
    teacher, *others = _teachers(args, suite)
    _check_outputs((teacher, *others), suite, datasets)
    settings = _chosen("setting", args.setting, SETTINGS, LADDER)
    require_runnable(settings, suite.task, augmentation)
    students = _chosen("student", args.student, NAMES, PAPER)
    require_baselines(students, settings, suite.task)
    return BenchmarkConfig(
        suite=suite,
        preset_name=args.preset,
        preset=preset,
        datasets=datasets,
        students=students,
        settings=settings,
        seeds=tuple(range(args.seeds)) if args.seed is None else (args.seed,),
        learning_rate=None if args.learning_rate == TUNED else args.learning_rate,
        teacher=teacher,
        others=tuple(others),
        teacher_epochs=args.teacher_epochs or 0,
        teacher_rate=args.teacher_learning_rate or 0.0,
        vectors=_vectors(args.vectors),
        augmentation=augmentation,
        device=device(args.device, here=args.executor == LOCAL),
        jobs=args.jobs or _default_jobs(args.device),
        suite_argument=args.suite,
        named_datasets=tuple(args.dataset),
        tuned=args.learning_rate == TUNED,
        out=args.out or RESULTS / folder_name(suite.name),
        measure=not args.no_latency,
        max_tasks=args.jobs,
        limits=Limits(memory_mib=args.max_memory, minutes=args.max_minutes),
        **{name: getattr(args, name) for name in SAME_NAMES},
    )


def _teachers(args: argparse.Namespace, suite: Suite) -> tuple[TeacherEntry, ...]:
    """The teachers of the command line, of the suite file, or of the preset of a built-in suite, in this order.

    A command line that names a teacher of the file again keeps the file's map of labels. Raises InputError if there is
    no teacher, and for options that contradict each other.
    """
    entries = (suite.teacher, *suite.others) if suite.teacher else ()
    if suite.name in TASKS:
        entries = (TeacherEntry(name=PRESETS[args.preset].teacher),)
    if args.teacher:
        of_file = {entry.name: entry for entry in entries}
        entries = tuple(of_file.get(name, TeacherEntry(name=name)) for name in args.teacher)
    if not entries:
        raise InputError(
            f"Suite {suite.name!r} names no teacher. Add a line `teacher: NAME` to {args.suite}, or give --teacher "
            "NAME: a folder, or a hub id as owner/model."
        )
    _check_several([entry.name for entry in entries], suite)
    is_trained = bool(args.teacher_epochs or args.teacher_learning_rate)
    if args.as_is and is_trained:
        raise InputError("--as-is trains no teacher. Leave out --teacher-epochs and --teacher-learning-rate.")
    by_options = False if is_trained else args.as_is
    return entries if by_options is None else tuple(replace(entry, as_is=by_options) for entry in entries)


def _check_several(names: Sequence[str], suite: Suite) -> None:
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"Teacher {twice[0]!r} is named twice. An ensemble is the mean of different teachers.")
    if len(names) > 1 and any(entry.outputs for entry in suite.entries.values()):
        raise InputError(
            f"teacher_outputs and {len(names)} teachers: the file is the teacher. Name the one teacher that gives the "
            "tokenizer, or leave teacher_outputs out."
        )


def _check_outputs(teachers: Sequence[TeacherEntry], suite: Suite, datasets: Sequence[str]) -> None:
    """Raises InputError for a use of the teacher's checkpoint where the teacher is a file on all data sets."""
    is_used = any(entry.as_is is not None or entry.labels for entry in teachers)
    if is_used and all(suite.entries[name].outputs for name in datasets):
        raise InputError(
            "teacher_outputs: the file is the teacher, and no checkpoint is fine-tuned or used as it is. Leave out "
            "--as-is, --fine-tune, --teacher-epochs and --teacher-learning-rate, and in the suite file the teacher's "
            "`as_is` and `labels`."
        )


def device(name: str, *, here: bool = True) -> str:
    """A device name that torch can use here; with `here` false, on another machine."""
    try:
        kind = torch.device(name).type
    except RuntimeError:
        kind = ""
    if kind not in ("cpu", "cuda"):
        raise InputError(f"Unknown device {name!r}. Allowed: cpu, cuda, cuda:N.")
    if not here:
        return kind  # Ray shows each run its own GPU alone
    if kind == "cuda" and not torch.cuda.is_available():
        raise InputError(f"Device {name!r} needs a CUDA GPU, and this machine has none. Use --device cpu.")
    if kind == "cuda" and (torch.device(name).index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"Device {name!r} does not exist: this machine's GPUs are 0 to {torch.cuda.device_count() - 1}."
        )
    return name


def _default_jobs(name: str) -> int:
    """Small models train best on one core each; on a GPU they would wait for each other."""
    return min(usable_cores(), MOST_JOBS) if torch.device(name).type == "cpu" else 1


def _chosen(kind: str, names: Sequence[str], allowed: Collection[str], default: tuple[str, ...]) -> tuple[str, ...]:
    require_known(kind, names, allowed)
    return tuple(dict.fromkeys(names)) or default


def _preset(args: argparse.Namespace) -> Preset:
    preset = PRESETS[args.preset]
    return replace(
        preset,
        max_epochs=args.max_epochs or preset.max_epochs,
        max_steps=args.max_steps or preset.max_steps,
        left_out={} if args.student or args.setting or args.suite not in TASKS else preset.left_out,
    )


def _vectors(name: str) -> str:
    if name and Path(name).is_file():
        with Path(name).open("rb") as file:
            require_uncompressed(file.read(16), f"{name} of --vectors")
        if Path(name).suffix not in (".bin", ".vec"):
            raise InputError(f"{name!r} of --vectors ends in neither .bin nor .vec, which say how fastText wrote it.")
    elif name:
        raise InputError(f"No vectors at {name!r}: give an existing fastText file that ends in .bin or .vec.")
    return name
