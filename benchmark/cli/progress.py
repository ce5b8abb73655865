"""The plan as a table, and progress bars with the remaining time."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import isnan, nan
from types import MappingProxyType, TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column, Table
from rich.text import Text

from benchmark.core.spec import RunSpec
from benchmark.execution.outcome import Outcome
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import PlannedRun
from benchmark.execution.run_status import RunStatus

BAR_CHARACTERS = 24
INTERVAL = 60.0
"""Seconds between two lines of progress where no terminal shows bars."""


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
        table.add_row(*map(Text, (name, student, settings, *cells, _clock(time) if time else "")))
        before = dataset
    console.print(table)
    for reason in dict.fromkeys(item.skip_reason for item in items if item.skip_reason):
        console.print(f"Skipped: {reason}.", markup=False, highlight=False)
    training, measuring = sum(seconds.values()), pipeline.measuring_seconds
    share = f", of which measuring {_clock(measuring)}" if measuring else ""
    expected = f"expected time {_clock(training + measuring)}{share}"
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


class RunProgress:
    """Progress bars: one of all runs, weighted by expected seconds, and one per active run; piped, a line a minute."""

    def __init__(
        self,
        seconds: Mapping[str, float],
        console: Console,
        names: Sequence[str],
        *,
        epochs: Mapping[str, int] = MappingProxyType({}),
        interval: float = INTERVAL,
    ) -> None:
        """`seconds` and `epochs` are the expected ones by key; a run without epochs there has those of its bound."""
        self._seconds, self._epochs = seconds, epochs
        self._name_width = max(map(len, names), default=0)
        self._all = _Sweep("sweep", "runs", len(seconds), sum(seconds.values()), console, interval)
        self._runs: dict[str, TaskID] = {}
        self._shares: dict[str, float] = {}
        """Share of each active run's epochs that is done."""
        self._expected_of_done = 0.0

    def __enter__(self) -> "RunProgress":
        if self._seconds:
            self._all.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._seconds:
            self._all.stop()

    def epoch(self, spec: RunSpec, epoch: int) -> None:
        """Updates the bar of a run after an epoch, and the remaining time."""
        bars, total = self._all.bars, max(epoch, self._epochs.get(spec.key, spec.max_epochs))
        if spec.key not in self._runs:
            self._runs[spec.key] = bars.add_task(spec.name, total=total, note="")
        bars.update(self._runs[spec.key], completed=epoch, total=total, note=f"epoch {epoch}/{total}")
        self._shares[spec.key] = epoch / total
        self._update()

    def done(self, outcome: Outcome) -> None:
        """Replaces the bar of an ended run by a line, and updates the remaining time."""
        key, name = outcome.spec.key, outcome.spec.name
        if key in self._runs:
            self._all.bars.remove_task(self._runs.pop(key))
        self._print(f"{name:<{self._name_width}}", outcome)
        self._shares.pop(key, None)
        self._expected_of_done += self._seconds.get(key, 0.0)
        self._all.n_done += 1
        self._update()

    def _update(self) -> None:
        active = sum(self._seconds.get(key, 0.0) * share for key, share in self._shares.items())
        self._all.update(self._expected_of_done + active)

    def _print(self, name: str, outcome: Outcome) -> None:
        """Prints the metrics that fit the line; the reason of a failure in full."""
        console = self._all.bars.console
        if outcome.failure:
            console.print(f"{name}  failed: {outcome.failure}", style="red", markup=False, highlight=False)
        else:
            console.print(_fitting([name, *_scores(outcome)], console.width), markup=False, highlight=False)


class MeasuringProgress:
    """The same of measuring, which goes by data sets."""

    def __init__(self, console: Console, *, interval: float = INTERVAL) -> None:
        self._console, self._interval = console, interval
        self._all: _Sweep | None = None

    def __enter__(self) -> "MeasuringProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._all:
            self._all.stop()

    def begin(self, n_models: int, seconds: float) -> None:
        """Shows that so many models are being measured, for so many expected seconds."""
        self._console.print(f"Measuring {n_models} models; keep the machine quiet ...")
        self._all = _Sweep("measuring", "models", n_models, seconds, self._console, self._interval)
        self._all.start()

    def advance(self) -> None:
        """Counts one more model."""
        if self._all:
            self._all.n_done += 1
            self._all.update(self._all.expected * self._all.n_done / self._all.n_all)


class _Sweep:
    """A bar of expected seconds with the remaining time; without a terminal, a line at each interval."""

    def __init__(self, title: str, unit: str, n_all: int, expected: float, console: Console, interval: float) -> None:
        self.title, self.unit, self.n_all, self.n_done, self.expected = title, unit, n_all, 0, expected
        self.bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=BAR_CHARACTERS),
            TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True)),
            _Clocks(table_column=Column(no_wrap=True)),
            console=console,
        )
        self._bar = self.bars.add_task(title, total=expected or 1.0, note=self._counted(), end=expected)
        self._interval, self._ended = interval, threading.Event()
        self._reporter = threading.Thread(target=self._report, daemon=True)

    def start(self) -> None:
        self.bars.start()
        if not self.bars.console.is_terminal:
            self._reporter.start()

    def stop(self) -> None:
        self._ended.set()
        if self._reporter.is_alive():
            self._reporter.join()
        self.bars.stop()

    def update(self, expected_of_done: float) -> None:
        """Moves the bar; the end is expected at the pace of what is done."""
        elapsed = self.bars.tasks[0].elapsed or 0.0
        pace = elapsed / expected_of_done if expected_of_done else 1.0
        end = elapsed + pace * (self.expected - expected_of_done)
        self.bars.update(self._bar, completed=expected_of_done, note=self._counted(), end=end)

    def _report(self) -> None:
        while not self._ended.wait(self._interval):
            left = _Clocks().render(self.bars.tasks[0])
            line = f"{self.title}: {self._counted()}, {left}"
            self.bars.console.print(line, markup=False, highlight=False)

    def _counted(self) -> str:
        return f"{self.n_done}/{self.n_all} {self.unit}"


class _Clocks(ProgressColumn):
    """Remaining time of the sweep; elapsed time of a run, and of the finished sweep."""

    def render(self, task: Task) -> Text:
        elapsed = task.elapsed or 0.0
        if "end" in task.fields and not task.finished:
            left = task.fields["end"] - elapsed
            return Text(f"{_clock(left)} left" if left > 0 else f"longer than expected, {_clock(elapsed)} so far")
        return Text(f"in {_clock(elapsed)}", style="dim")


def _scores(outcome: Outcome) -> list[str]:
    """Metrics for the line of a finished run, the most important first; those that were measured."""
    shown = {
        "test F1 {:5.2f}": [100 * outcome.metrics.get("test_f1", nan)],
        "valid F1 {:5.2f}": [100 * outcome.metrics.get("valid_f1", nan)],
        "{:3.0f} epochs in {:4.0f} s": [outcome.metrics.get(name, nan) for name in ("epochs", "train_seconds")],
        "{:5.0f} sentences/s": [outcome.metrics.get("sentences_per_second", nan)],
    }
    return [text.format(*values) for text, values in shown.items() if not any(map(isnan, values))]


def _fitting(parts: Sequence[str], width: int) -> str:
    """As many of the parts as a line holds; the first two always."""
    n_parts = next((n for n in range(len(parts), 2, -1) if len("  ".join(parts[:n])) <= width), 2)
    return "  ".join(parts[:n_parts])


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
