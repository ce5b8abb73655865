"""Progress bars of runs and of measuring, with the remaining time."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from math import isnan, nan
from types import MappingProxyType

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from benchmark.core.spec import RunSpec
from benchmark.execution.run_status import Outcome

BAR_CHARACTERS = 24
PLAN_WEIGHT = 0.25
INTERVAL = 60.0
"""Seconds between two lines of progress where no terminal shows bars."""


class RunProgress:
    """Progress bars: one of all runs, weighted by expected seconds, one per active run; piped, a line per minute."""

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

    def __exit__(self, *_: object) -> None:
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
        console = self._all.bars.console
        if outcome.failure:
            console.print(f"{name}  failed: {outcome.failure}", style="red", markup=False, highlight=False)
        else:
            console.print(_fitting([name, *_scores(outcome)], console.width), markup=False, highlight=False)


class MeasuringProgress(AbstractContextManager["MeasuringProgress"]):
    """The same of measuring, which goes by data sets."""

    def __init__(self, console: Console, *, interval: float = INTERVAL) -> None:
        self._console, self._interval = console, interval
        self._all: _Sweep | None = None

    def __exit__(self, *_: object) -> None:
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
        """Moves the bar; the end is expected at the pace so far."""
        elapsed = self.bars.tasks[0].elapsed or 0.0
        end = elapsed + pace(elapsed, expected_of_done, self.expected) * (self.expected - expected_of_done)
        self.bars.update(self._bar, completed=expected_of_done, note=self._counted(), end=end)

    def _report(self) -> None:
        while not self._ended.wait(self._interval):
            left = _Clocks().render(self.bars.tasks[0])
            line = f"{self.title}: {self._counted()}, {left}"
            self.bars.console.print(line, markup=False, highlight=False)

    def _counted(self) -> str:
        return f"{self.n_done}/{self.n_all} {self.unit}"


def pace(elapsed: float, expected_of_done: float, expected: float) -> float:
    """Seconds per expected second. The plan counts as PLAN_WEIGHT of itself, done as expected: of the first minutes,
    much is preparation, which all later runs share."""
    plan = PLAN_WEIGHT * expected
    return (elapsed + plan) / (expected_of_done + plan) if plan else 1.0


class _Clocks(ProgressColumn):
    """Remaining time of the sweep; elapsed time of a run, and of the finished sweep."""

    def render(self, task: Task) -> Text:
        elapsed = task.elapsed or 0.0
        if "end" in task.fields and not task.finished:
            left = task.fields["end"] - elapsed
            return Text(f"{clock(left)} left" if left > 0 else f"longer than expected, {clock(elapsed)} so far")
        return Text(f"in {clock(elapsed)}", style="dim")


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


def clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
