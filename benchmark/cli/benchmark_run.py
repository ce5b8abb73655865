"""The job of `run` and `study`: plan, run what is pending, measure, report."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark.cli.options import benchmark_config
from benchmark.cli.output import Output
from benchmark.cli.plan_table import show_plan, teacher_lines
from benchmark.cli.progress import MeasuringProgress, RunProgress
from benchmark.core.errors import DONE, SOME_FAILED
from benchmark.core.streams import print_error
from benchmark.execution.best_rates import tuned_lines
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.run_status import Outcome, RunStatus
from benchmark.reporting.data_table import data_lines, narrow_data_table
from benchmark.reporting.table import terminal_table
from tracking import ui_command, without_password


def plan_and_run(args: Namespace) -> int:
    """Runs the benchmark that the command line describes; returns the exit code."""
    return run_benchmark(Pipeline.plan(benchmark_config(args)), Output())


def run_benchmark(pipeline: Pipeline, console: Output) -> int:
    """Prints the plan and, unless it is a dry run, carries it out; returns the exit code."""
    _print_plan(pipeline, console)
    if pipeline.config.dry_run:
        return DONE
    outcomes = _run(pipeline, console)
    left_out: Mapping[str, str] = {}
    if pipeline.config.measure:
        with MeasuringProgress(console) as progress:
            left_out = pipeline.measure(progress.begin, progress.advance)
    return max(_report(pipeline, outcomes, console), _not_measured(left_out))


def _print_plan(pipeline: Pipeline, console: Output) -> None:
    config = pipeline.config
    if config.tuned:
        console.say(*tuned_lines(pipeline.planned, pipeline.records))
    show_plan(pipeline, console)
    console.say(*teacher_lines(pipeline.planned))
    if config.preset.left_out:
        left_out = "; ".join(f"{student} in {', '.join(names)}" for student, names in config.preset.left_out.items())
        console.print(f"Left out of the quickstart: {left_out}. Name the student (-s) to include it.")
    console.say(*pipeline.notes)
    if summaries := pipeline.data_summaries:
        console.print(terminal_table(narrow_data_table(summaries)))
        console.say(*data_lines(summaries))


def _run(pipeline: Pipeline, console: Output) -> list[Outcome]:
    outcomes: list[Outcome] = []
    names = [run.spec.name for run in pipeline.pending]
    with RunProgress(pipeline.seconds, console, names, epochs=pipeline.epochs) as progress:

        def on_outcome(outcome: Outcome) -> None:
            progress.done(outcome)
            outcomes.append(outcome)

        pipeline.run(progress.epoch, on_outcome)
    return outcomes


def _report(pipeline: Pipeline, outcomes: Sequence[Outcome], console: Output) -> int:
    """Writes the report, registers the best students, prints failures last; returns the exit code."""
    from benchmark.export.registered_model import publish_best, serve_commands
    from benchmark.reporting.rendering import show_leaderboards
    from benchmark.reporting.report import ranked, write_report

    config, store = pipeline.config, pipeline.store
    records = store.records(config.suite.name)
    data = {run.spec.dataset: run.spec.data_digest for run in pipeline.planned}
    rows = ranked(store, records, data)
    write_report(store, config.suite.name, config.out, records=records, rows=rows)
    show_leaderboards(rows, console)
    console.say(*serve_commands(publish_best(store, rows)))
    console.say(*(f"{name}: {line}" for name, line in _places(pipeline, config.out).items()))
    failures = pipeline.failures(outcomes, RunStatus.read(records))
    for name, reason in failures.items():
        print_error(f"Failed: {name}: {reason}")
    return SOME_FAILED if failures else DONE


def _not_measured(left_out: Mapping[str, str]) -> int:
    """Prints the reasons by name of runs that were left out of measuring; returns the exit code."""
    for name, reason in left_out.items():
        print_error(f"Not measured: {name}: {reason}")
    return SOME_FAILED if left_out else DONE


def _places(pipeline: Pipeline, out: Path) -> Mapping[str, str]:
    from benchmark.reporting.reproduction import report_command

    suite, uri = pipeline.config.suite.name, pipeline.config.tracking_uri
    budget = ["--max-ms", "0.5", "--min-kept", "95", *(["--tracking-uri", without_password(uri)] if uri else [])]
    return {
        "Page": str(out / "report.html"),
        "Report": str(out / "report.md"),
        "Best for a budget": report_command(suite, *budget),
        "Compare runs": ui_command(pipeline.store.uri),
        "... and open": pipeline.store.view_url(suite),
    }
