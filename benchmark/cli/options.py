"""The command line of `benchmark.run`, checked, as a BenchmarkConfig."""

import argparse
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Literal

import torch

from benchmark.cli.teacher_options import read_teacher
from benchmark.core.errors import InputError, UnknownNameError
from benchmark.core.presets import PRESETS, Preset
from benchmark.core.settings import LADDER, SETTINGS
from benchmark.core.spec import GRID, TASKS, TUNED
from benchmark.data.catalogue import load_suite
from benchmark.execution.executors.choice import LOCAL, RAY
from benchmark.execution.limits import Limits
from benchmark.execution.plan import BenchmarkConfig
from benchmark.execution.setting_requirements import add_options, read_augmentation, require_runnable
from benchmark.measurement.machine import usable_cores
from benchmark.reporting import RESULTS, folder_name
from students import STUDENTS

SETTING = "setting; repeatable (default: the paper's ladder)"


def parser(prog: str, description: str | None, *, of_study: bool = False) -> argparse.ArgumentParser:
    """Options of `run` and `study`; a study defines its settings, and has a default suite."""
    options = argparse.ArgumentParser(prog=prog, description=description, allow_abbrev=False)
    _add_plan_options(options.add_argument_group("plan"), of_study)
    training = options.add_argument_group("training")
    rates = "learning rate of the students; grid: the best of the paper's six, searched on the first seed"
    training.add_argument("--learning-rate", type=learning_rate, metavar="LR|grid|tuned", help=rates)
    add_training_options(training)
    _add_execution_options(options.add_argument_group("execution"))
    places = options.add_argument_group("places")
    places.add_argument(
        "--tracking-uri", metavar="URI", help="run store (default: MLFLOW_TRACKING_URI, then mlflow.yml)"
    )
    places.add_argument("--out", type=Path, metavar="DIR", help="folder of the report (default: results/SUITE)")
    return options


def _add_plan_options(group: argparse._ArgumentGroup, of_study: bool) -> None:
    add = group.add_argument
    default = " (default: the data set's)" if of_study else ""
    add("--suite", required=not of_study, help=f"classification, sequence_labeling, or your own FILE.yml{default}")
    add("--preset", default="quickstart", help="quickstart (default: bundled data, minutes) or paper (the whole grid)")
    add("-d", "--dataset", action="append", default=[], help="data set; repeatable (default: all of the suite)")
    add("-s", "--student", action="append", default=[], help="student; repeatable (default: all)")
    add("-x", "--setting", action="append", default=[], help=argparse.SUPPRESS if of_study else SETTING)
    seeds = group.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=positive, default=1, metavar="N", help="seeds 0 to N-1 (default: 1)")
    seeds.add_argument("--seed", type=seed, metavar="K", help="this seed only")
    add("--limit", type=positive, default=0, metavar="N", help="smoke run on N rows of each split; never ranked")
    add("--dry-run", action="store_true", help="print the plan and its expected time")
    add("--force", action="store_true", help="re-run finished runs")
    add("--retry-failed", action="store_true", help="re-run failed runs")


def add_training_options(group: argparse._ActionsContainer) -> None:
    """Adds the options of run, study and tune about teacher and training."""
    add = group.add_argument
    add("--teacher", help="hub id (owner/model[@revision]) or folder of the teacher: a checkpoint or an encoder")
    use = group.add_mutually_exclusive_group()
    as_is = "use the teacher as it is (default where its labels are the data's)"
    use.add_argument("--as-is", action="store_true", default=None, help=as_is)
    fine_tune = "fine-tune the teacher here (default with an option of its training)"
    use.add_argument("--fine-tune", action="store_false", dest="as_is", help=fine_tune)
    add("--max-epochs", type=positive, metavar="N", help="maximum epochs of a student")
    add("--max-steps", type=positive, metavar="N", help="maximum optimiser steps of a student, in every setting")
    add("--teacher-epochs", type=positive, metavar="N", help="maximum epochs of the teacher")
    add("--teacher-learning-rate", type=rate, metavar="LR", help="learning rate of the teacher's fine-tuning")
    vectors = "fastText .bin or .vec file for kd_ulb_fasttext (default: vectors trained on the pool)"
    add("--vectors", default="", metavar="FILE", help=vectors)
    add_options(group, positive)


def _add_execution_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--jobs", type=positive, metavar="N", help="parallel runs (default: one per core, at most 4; 1 on a GPU)")
    add("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    backends = "backend: local (default; processes of this machine) or ray"
    add("--executor", default=LOCAL, choices=(LOCAL, RAY), help=backends)
    address = "address of the Ray cluster (default: RAY_ADDRESS, else a cluster of this machine)"
    add("--ray-address", metavar="ADDRESS", help=address)
    memory = "memory limit per run in MiB; a run that exceeds it fails"
    add("--max-memory", type=positive, default=0, metavar="MIB", help=memory)
    time = "time limit per run in minutes; a run that exceeds it fails"
    add("--max-minutes", type=minutes, default=0.0, metavar="N", help=time)
    latency = "skip latency; measure it later with benchmark.latency on a quiet machine"
    add("--no-latency", action="store_true", help=latency)


def benchmark_config(args: argparse.Namespace) -> BenchmarkConfig:
    """The checked configuration; the command line beats the suite file, which beats the preset. Raises InputError."""
    require_known("preset", [args.preset], PRESETS)
    suite = load_suite(args.suite, args.preset)
    preset, augmentation = _preset(args), read_augmentation(args)
    settings = _chosen("setting", args.setting, SETTINGS, LADDER)
    require_runnable(settings, suite.task, augmentation)
    return BenchmarkConfig(
        suite=suite,
        preset_name=args.preset,
        preset=preset,
        datasets=_chosen("data set", args.dataset, suite.entries, suite.datasets),
        students=_chosen("student", args.student, STUDENTS, tuple(STUDENTS)),
        settings=settings,
        seeds=tuple(range(args.seeds)) if args.seed is None else (args.seed,),
        learning_rate=None if args.learning_rate == TUNED else args.learning_rate,
        teacher=read_teacher(args, suite),
        teacher_epochs=args.teacher_epochs or 0,
        teacher_rate=args.teacher_learning_rate or 0.0,
        vectors=_vectors(args.vectors),
        augmentation=augmentation,
        agreed=args.agreed,
        limit=args.limit,
        device=device(args.device, here=args.executor == LOCAL),
        jobs=args.jobs or _default_jobs(args.device),
        suite_argument=args.suite,
        named_datasets=tuple(args.dataset),
        tuned=args.learning_rate == TUNED,
        tracking_uri=args.tracking_uri,
        out=args.out or RESULTS / folder_name(suite.name),
        force=args.force,
        retry_failed=args.retry_failed,
        dry_run=args.dry_run,
        measure=not args.no_latency,
        executor=args.executor,
        ray_address=args.ray_address,
        max_tasks=args.jobs,
        limits=Limits(memory_mib=args.max_memory, minutes=args.max_minutes),
    )


def require_known(kind: str, names: Sequence[str], allowed: Collection[str]) -> None:
    """Raises UnknownNameError for the first name that is not allowed."""
    for name in names:
        if name not in allowed:
            raise UnknownNameError(kind, name, allowed)


def positive(text: str) -> int:
    """A positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def minutes(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


MAX_SEED = 2**32 - 1
MOST_JOBS = 4
"""Default limit of parallel runs: each holds its data and its model."""


def seed(text: str) -> int:
    """A seed that every random generator accepts."""
    if not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def learning_rate(text: str) -> float | Literal["grid", "tuned"]:
    """A number above 0 and at most 1, `grid`, or `tuned`."""
    return text if text in (GRID, TUNED) else rate(text, ", and neither 'grid' nor 'tuned'")  # type: ignore[return-value]


def rate(text: str, or_else: str = "") -> float:
    """A number above 0 and at most 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most 1{or_else}")
    return value


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
    if name and (Path(name).suffix not in (".bin", ".vec") or not Path(name).is_file()):
        raise InputError(f"No vectors at {name!r}: give an existing fastText file that ends in .bin or .vec.")
    return name
