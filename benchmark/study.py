"""`python -m benchmark.study NAME`: an experiment of the paper's discussion, as a run of its settings and a table.

NAME stands first; every option of `benchmark.run` but --setting may follow. Conditions are settings, so their runs
are runs like any other: what is done is not done again.
"""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from benchmark import run
from benchmark.cli.command import run_command
from benchmark.cli.options import known, parser, request
from benchmark.core.errors import DONE, InputError
from benchmark.core.run_store import open_store
from benchmark.core.spec import TUNED
from benchmark.data.catalogue import DATASETS
from benchmark.data.suites import load_suite
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.plan import BenchmarkConfig, plan_runs
from benchmark.execution.setting_requirements import read_augmentation, why_not
from benchmark.reporting.files import RESULTS, folder_name, report_folder
from benchmark.reporting.results import results
from benchmark.reporting.studies.curves import read_curves, write_curves
from benchmark.reporting.studies.experiments import EXPERIMENTS
from benchmark.reporting.studies.lengths import length_statistics, markdown, write_lengths
from benchmark.reporting.studies.table import answer, write_study

LENGTH, CONVERGENCE = "length", "convergence"
"""The studies that tell more than their table: how long texts are, and how training went on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser("python -m benchmark.study NAME", f"{__doc__} Names: {', '.join(EXPERIMENTS)}.", of_study=True)
    if {"-h", "--help"} & set(given):
        options.print_help()
        return DONE
    if not given or given[0].startswith("-"):
        raise InputError(f"NAME is missing: give the study first. Known: {', '.join(sorted(EXPERIMENTS))}.")
    name, *rest = given
    known("study", [name], EXPERIMENTS)
    experiment = EXPERIMENTS[name]
    rest += _suite(rest)
    asked = options.parse_args(rest)
    if asked.setting or asked.learning_rate == TUNED:
        raise InputError(f"Study {name!r} sets --setting itself, and compares at one learning rate or the grid.")
    task, augmentation = load_suite(asked.suite, asked.preset).task, read_augmentation(asked)
    reasons = {c: why_not(setting, task, augmentation) for c, setting in experiment.conditions.items()}
    undone = {condition: reason for condition, reason in reasons.items() if reason}
    _say(f"Condition {condition!r} is left out: {reason}." for condition, reason in undone.items())
    rest += [word for c, setting in experiment.conditions.items() if c not in undone for word in ("-x", setting)]
    code = run.main(rest)
    if asked.dry_run:
        return code
    _say(_write(name, request(options.parse_args(rest)), asked))
    return code


def _write(name: str, wanted: BenchmarkConfig, asked: Namespace) -> list[str]:
    """Writes the study's files; returns its answer, and where it stands."""
    experiment, suite_data, store = EXPERIMENTS[name], wanted.suite_data(), open_store(asked.tracking_uri)
    keys = {item.spec.key for item in plan_runs(wanted, suite_data)}
    records = store.records(wanted.suite.name)
    rows = [row for row in results(records) if row.key in keys]
    out = report_folder((asked.out or RESULTS / folder_name(wanted.suite.name)) / "studies" / name)
    more = _lengths(out, wanted, suite_data) if name == LENGTH else ""
    if name == CONVERGENCE:
        more = write_curves(out, experiment, read_curves(experiment, rows, records, store))
    return [*answer(experiment, rows), f"Study: {write_study(out, name, experiment, rows, more)}"]


def _lengths(out: Path, wanted: BenchmarkConfig, suite_data: SuiteData) -> str:
    """Writes lengths.csv; returns its table."""
    readable = [dataset for dataset in wanted.datasets if not suite_data.why_unavailable(dataset)]
    told = [row for dataset in readable for row in length_statistics(dataset, suite_data.encoded_dataset(dataset))]
    write_lengths(out / "lengths.csv", told)
    return f"## Lengths in word pieces (Table 11)\n\n{markdown(told, suite_data.max_length)}"


def _suite(arguments: Sequence[str]) -> list[str]:
    """The suite of the first data set that is named, where none is; else classification."""
    if any(word == "--suite" or word.startswith("--suite=") for word in arguments):
        return []
    named = (after for before, after in pairwise(arguments) if before in ("-d", "--dataset"))
    entry = DATASETS.get(next(named, ""))
    return ["--suite", entry.task if entry else "classification"]


def _say(lines: Iterable[str]) -> None:
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
