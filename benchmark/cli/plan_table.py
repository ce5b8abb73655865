"""The plan as a table, and what stands below it: how teachers come about."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.cli.progress import clock
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import PlannedRun
from benchmark.execution.run_status import RunStatus


def show_plan(pipeline: Pipeline, console: Console) -> None:
    """Prints a row per data set and student: runs done, pending, failed, skipped, and the expected time.

    A count that is 0 in every row has no column.
    """
    items, due, run_status, seconds = pipeline.planned, pipeline.pending, pipeline.status, pipeline.seconds
    rows: dict[tuple[str, str], list[PlannedRun]] = {}
    for item in items:
        rows.setdefault((item.spec.dataset, item.spec.model), []).append(item)
    keys_due = {item.spec.key for item in due}
    counts = {name: [_counts(runs, run_status, keys_due)[name] for runs in rows.values()] for name in COUNTS}
    shown = [name for name in COUNTS if any(counts[name]) or name == "due"]
    table = _plan_table(shown)
    before = ""
    for number, ((dataset, student), runs) in enumerate(rows.items()):
        settings = ", ".join(dict.fromkeys(item.spec.setting for item in runs))
        time = sum(seconds.get(item.spec.key, 0.0) for item in runs)
        cells = [str(counts[name][number] or "") for name in shown]
        name = "" if dataset == before else dataset
        table.add_row(*map(Text, (name, student, settings, *cells, clock(time) if time else "")))
        before = dataset
    console.print(table)
    for reason in dict.fromkeys(item.skip_reason for item in items if item.skip_reason):
        console.print(f"Skipped: {reason}.", markup=False, highlight=False)
    training, measuring = sum(seconds.values()), pipeline.measuring_seconds
    share = f", of which measuring {clock(measuring)}" if measuring else ""
    expected = f"expected time {clock(training + measuring)}{share}"
    console.print(f"{len(due)} of {len(items)} runs are due; {expected}.", highlight=False)


def teacher_lines(planned: Iterable[PlannedRun]) -> list[str]:
    """How each teacher comes about, and why; data sets alike share a line."""
    datasets: dict[tuple[str, str], list[str]] = {}
    for item in planned:
        if item.note:
            datasets.setdefault((item.spec.teacher, item.note), []).append(item.spec.dataset)
    return [f"Teacher {name} on {', '.join(names)}: {note}." for (name, note), names in datasets.items()]


COUNTS = ("done", "due", "failed", "skipped")


def _counts(runs: Sequence[PlannedRun], run_status: RunStatus, keys_due: set[str]) -> dict[str, int]:
    states = [run_status.state(item) for item in runs]
    counts = {name: states.count(name) for name in COUNTS}
    return counts | {"due": sum(item.spec.key in keys_due for item in runs)}


def _plan_table(counts: Sequence[str]) -> Table:
    table = Table(title="Plan", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("data set", "student", "settings"):
        table.add_column(name, overflow="fold")
    for name in (*counts, "time"):
        table.add_column(name, justify="right", no_wrap=True)
    return table
