"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

import argparse
import gc
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.cli.options import parser, request
from benchmark.cli.progress import show_plan
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE
from benchmark.core.run_store import open_store
from benchmark.core.spec import TUNED, RunSpec
from benchmark.data.corpus import load_corpus
from benchmark.data.overlap import overlap_line
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.best_rates import tuned_lines, with_tuned_rates
from benchmark.execution.estimate import Estimator
from benchmark.execution.executors import choice
from benchmark.execution.plan import BenchmarkConfig, PlannedRun, plan_runs
from benchmark.execution.run_status import RunStatus, pending_runs
from benchmark.execution.setting_requirements import require_vectors
from benchmark.reporting.files import RESULTS, folder_name
from tracking import NoStoreError, Record, cache_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code. Nothing is made before everything that was given has been read."""
    args = parser("python -m benchmark.run", __doc__).parse_args(arguments)
    config = request(args)
    choice.require(args)
    console = Console()
    out = args.out or RESULTS / folder_name(config.suite.name)
    records = _known_records(args, config, out)
    gc.freeze()  # they live as long as the command: the collector need not look through them again and again
    suite_data = config.suite_data()
    items = _planned(args, config, suite_data, records, console)
    run_status = RunStatus.read(records)
    due = pending_runs(items, run_status, force=args.force, retry_failed=args.retry_failed)
    if not args.dry_run:
        require_vectors(config.vectors, [item.spec for item in due], suite_data.tokenizer)
    seconds = _expected_seconds(due, suite_data, records, config.jobs)
    show_plan(items, due, run_status, seconds, console)
    if config.preset.left_out:
        console.print(f"Left out, to take minutes: {_left_out(config)}. Name the student (-s) to have it all.")
    if repeated := overlap_line(map(suite_data.corpus, _readable(config, suite_data))):
        console.print(repeated, markup=False, highlight=False, soft_wrap=True)
    if args.dry_run:
        return DONE
    from benchmark.execution.pipeline import (
        Pipeline,  # all that trains, measures and draws: seconds that a plan does not wait for
    )

    return Pipeline(args, config, suite_data, items, run_status, out, console).done(due, seconds)


def _planned(
    args: argparse.Namespace,
    config: BenchmarkConfig,
    suite_data: SuiteData,
    records: Sequence[Record],
    console: Console,
) -> list[PlannedRun]:
    """The plan at the rates that were asked for; what it cannot do without has been read."""
    _require_named(args.dataset, config)
    items = plan_runs(config, suite_data)
    if not args.dry_run:
        suite_data.tokenizer  # noqa: B018  (a teacher that cannot be read ends it here)
    if args.learning_rate == TUNED:
        items = with_tuned_rates(items, records, args.suite, args.preset)
        console.print("\n".join(tuned_lines(items, records)), markup=False, highlight=False, soft_wrap=True)
    return items


def _known_records(args: argparse.Namespace, config: BenchmarkConfig, out: Path) -> list[Record]:
    """The suite's runs so far; ends the command where its places do not answer or cannot be written."""
    require_writable(out, "output folder", "--out")
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    try:
        return open_store(args.tracking_uri, create=False).records(config.suite.name)
    except NoStoreError:
        return []


def _readable(config: BenchmarkConfig, suite_data: SuiteData) -> list[str]:
    return [dataset for dataset in config.datasets if not suite_data.why_unavailable(dataset)]


def _left_out(config: BenchmarkConfig) -> str:
    return "; ".join(f"{student} in {', '.join(settings)}" for student, settings in config.preset.left_out.items())


def _require_named(names: Sequence[str], config: BenchmarkConfig) -> None:
    """A data set that was asked for by name has to be readable; of a whole suite, private ones are left out."""
    for name in names:
        load_corpus(config.suite.entries[name])


def _expected_seconds(
    missing: Iterable[PlannedRun], suite_data: SuiteData, records: Sequence[Record], jobs: int
) -> dict[str, float]:
    """By key; of students that train side by side, each one's share."""
    estimate = Estimator.from_records(records)
    return {
        item.spec.key: estimate(item.spec, _texts(item.spec, suite_data)) / (1 if item.spec.is_teacher else jobs)
        for item in missing
    }


def _texts(spec: RunSpec, suite_data: SuiteData) -> list[str | Sequence[str]]:
    """What a run trains on."""
    labelled = suite_data.corpus(spec.dataset).texts("train")
    return [*labelled, *(suite_data.pool(spec.dataset).texts if spec.unlabeled else ())]


if __name__ == "__main__":
    run_command(main)
