"""`python -m benchmark.study NAME`: an experiment of the paper's discussion, as a run of its settings and a table.

NAME stands first; every option of `benchmark.run` but --setting may follow. Conditions are settings, so their runs
are runs like any other: what is done is not done again.
"""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmark.cli.benchmark_run import run_benchmark
from benchmark.cli.command import run_command
from benchmark.cli.options import benchmark_config, known, parser
from benchmark.core.errors import DONE, InputError
from benchmark.core.spec import TUNED
from benchmark.data.catalogue import DATASETS
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import BenchmarkConfig
from benchmark.execution.setting_requirements import why_not
from benchmark.reporting.files import report_folder
from benchmark.reporting.results import results
from benchmark.reporting.studies.curves import read_curves, write_curves
from benchmark.reporting.studies.experiments import EXPERIMENTS
from benchmark.reporting.studies.lengths import length_statistics, markdown, write_lengths
from benchmark.reporting.studies.table import answer, write_study

LENGTH, CONVERGENCE = "length", "convergence"
"""The studies that tell more than their table: how long texts are, and how training went on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a study and writes its table; returns the exit code."""
    name, args = _parsed(list(sys.argv[1:] if arguments is None else arguments))
    if args is None:
        return DONE
    pipeline = Pipeline.plan(_config(name, args))
    code = run_benchmark(pipeline, Console())
    if not args.dry_run:
        _say(_write(name, pipeline))
    return code


def _parsed(arguments: list[str]) -> tuple[str, Namespace | None]:
    """Name and options of the study; None for the options where help was printed."""
    options = parser("python -m benchmark.study NAME", f"{__doc__} Names: {', '.join(EXPERIMENTS)}.", of_study=True)
    if {"-h", "--help"} & set(arguments):
        options.print_help()
        return "", None
    if not arguments or arguments[0].startswith("-"):
        raise InputError(f"NAME is missing: give the study first. Known: {', '.join(sorted(EXPERIMENTS))}.")
    name, *rest = arguments
    known("study", [name], EXPERIMENTS)
    args = options.parse_args(rest)
    if args.setting or args.learning_rate == TUNED:
        raise InputError(f"Study {name!r} sets --setting itself, and compares at one learning rate or the grid.")
    return name, args


def _config(name: str, args: Namespace) -> BenchmarkConfig:
    """The configuration with the settings of the study's conditions; those that cannot be run here are left out."""
    args.suite = args.suite or _usual_suite(args.dataset)
    config = benchmark_config(args)
    conditions = EXPERIMENTS[name].conditions
    reasons = {c: why_not(setting, config.suite.task, config.augmentation) for c, setting in conditions.items()}
    _say(f"Condition {c!r} is left out: {reason}." for c, reason in reasons.items() if reason)
    settings = tuple(dict.fromkeys(setting for c, setting in conditions.items() if not reasons[c]))
    return replace(config, settings=settings, preset=replace(config.preset, left_out={}))


def _write(name: str, pipeline: Pipeline) -> list[str]:
    """Writes the study's files; returns its answer, and their folder."""
    experiment, keys = EXPERIMENTS[name], {run.spec.key for run in pipeline.planned}
    records = pipeline.store.records(pipeline.config.suite.name)
    rows = [row for row in results(records) if row.key in keys]
    out = report_folder(pipeline.config.out / "studies" / name)
    more = _lengths(out, pipeline) if name == LENGTH else ""
    if name == CONVERGENCE:
        more = write_curves(out, experiment, read_curves(experiment, rows, records, pipeline.store))
    return [*answer(experiment, rows), f"Study: {write_study(out, name, experiment, rows, more)}"]


def _lengths(out: Path, pipeline: Pipeline) -> str:
    """Writes lengths.csv; returns its table."""
    data = pipeline.suite_data
    available = [name for name in pipeline.config.datasets if not data.why_unavailable(name)]
    rows = [row for name in available for row in length_statistics(name, data.encoded_dataset(name))]
    write_lengths(out / "lengths.csv", rows)
    return f"## Lengths in tokens (Table 11)\n\n{markdown(rows, data.max_length)}"


def _usual_suite(datasets: Sequence[str]) -> str:
    """The suite of the first data set that is named; else classification."""
    entry = DATASETS.get(datasets[0]) if datasets else None
    return entry.task if entry else "classification"


def _say(lines: Iterable[str]) -> None:
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
