"""The job of `study`: an experiment of the paper's discussion, from its configuration to its tables."""

from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.cli.benchmark_run import run_benchmark
from benchmark.cli.options import benchmark_config
from benchmark.cli.output import Output
from benchmark.core.errors import InputError, require_known
from benchmark.core.spec import TUNED
from benchmark.data.catalogue import DATASETS
from benchmark.distillation.encoding import POOL
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.training_set import lengths_by_filter
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import BenchmarkConfig
from benchmark.execution.requirements import why_not
from benchmark.reporting import report_folder
from benchmark.reporting.results import results
from benchmark.reporting.selection import planned_last
from benchmark.reporting.studies.experiments import EXPERIMENTS
from benchmark.reporting.studies.sections import length_statistics, read_curves, write_curves, write_lengths
from benchmark.reporting.studies.study import alike, study, write_study

LENGTH, CONVERGENCE = "length", "convergence"
"""The studies with one more section: lengths of texts, and learning curves."""
UNCUT = 2**31 - 1
"""A length in tokens that no text has."""


def run_study(args: Namespace) -> int:
    """Runs a study and writes its table; returns the exit code."""
    require_known("study", [args.name], EXPERIMENTS)
    if args.setting or args.learning_rate == TUNED:
        raise InputError(f"Study {args.name!r} sets --setting itself, and compares at one learning rate or the grid.")
    pipeline = Pipeline.plan(_config(args.name, args))
    code = run_benchmark(pipeline, Output())
    if not args.dry_run:
        Output().say(*_write(args.name, pipeline))
    return code


def _config(name: str, args: Namespace) -> BenchmarkConfig:
    """The configuration with the settings of the study's conditions; those that cannot be run here are left out."""
    args.suite = args.suite or _usual_suite(args.dataset)
    config = benchmark_config(args)
    conditions = EXPERIMENTS[name].conditions
    reasons = {c: why_not(setting, config.suite.task, config.augmentation) for c, setting in conditions.items()}
    Output().say(*(f"Condition {c!r} is left out: {reason}." for c, reason in reasons.items() if reason))
    settings = tuple(dict.fromkeys(setting for c, setting in conditions.items() if not reasons[c]))
    return replace(config, settings=settings, preset=replace(config.preset, left_out={}))


def _write(name: str, pipeline: Pipeline) -> list[str]:
    """Writes the study's files; returns its summary and the path of study.md."""
    specs = [run.spec for run in pipeline.planned]
    records = pipeline.store.records(pipeline.config.suite.name)
    rows = planned_last(results(records), {spec.dataset: spec.data_digest for spec in specs})
    found = study(name, rows, alike(specs, records))
    out = report_folder(pipeline.config.out / "studies" / name)
    section = _lengths(out, pipeline.config.datasets, pipeline.suite_data) if name == LENGTH else ""
    if name == CONVERGENCE:
        section = write_curves(
            out, found.experiment, read_curves(found.experiment, found.rows, records, pipeline.store)
        )
    return [*found.summary, f"Study: {write_study(out, found, section)}"]


def _lengths(out: Path, datasets: Iterable[str], suite_data: SuiteData) -> str:
    """Writes lengths.csv; returns the section of study.md."""
    available = [dataset for dataset in datasets if not suite_data.why_unavailable(dataset)]
    rows = [row for dataset in available for row in length_statistics(dataset, _by_filter(dataset, suite_data))]
    return write_lengths(out, rows, suite_data.encoder.max_length)


def _by_filter(dataset: str, suite_data: SuiteData) -> dict[str, NDArray[np.int64]]:
    """Lengths in tokens of whole texts, special tokens left out."""
    special = suite_data.encoder.tokenizer.num_special_tokens_to_add()
    whole = replace(suite_data.encoded_dataset(dataset), max_length=UNCUT)
    labelled, unlabelled = (whole.encoded(part).lengths - special for part in ("train", POOL))
    return lengths_by_filter(labelled, unlabelled, suite_data.encoder.max_length - special)


def _usual_suite(datasets: Sequence[str]) -> str:
    """The suite of the first data set that is named; else classification."""
    entry = DATASETS.get(datasets[0]) if datasets else None
    return entry.task if entry else "classification"
