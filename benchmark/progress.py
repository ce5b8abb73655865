"""What a person sees while it runs: the plan as a table, then bars with the time that is left."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmark.execute import Outcome
from benchmark.plan import Item
from benchmark.spec import RunSpec
from benchmark.sweep import Ledger


def show_plan(
    items: Sequence[Item], due: Sequence[Item], ledger: Ledger, seconds: Mapping[str, float], console: Console
) -> None:
    """One row a data set and student: how many runs are done, due, failed, skipped, and how long the due ones take."""
    table = Table("data set", "student", "settings", "done", "due", "failed", "skipped", "time", title="Plan")
    rows: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        rows.setdefault((item.spec.dataset, item.spec.student), []).append(item)
    keys_due = {item.spec.key for item in due}
    for (dataset, student), runs in rows.items():
        states = [ledger.state(item) for item in runs]
        settings = ", ".join(dict.fromkeys(item.spec.setting for item in runs))
        n_due = sum(item.spec.key in keys_due for item in runs)
        time = sum(seconds.get(item.spec.key, 0.0) for item in runs)
        counts = [states.count("done"), n_due, states.count("failed"), states.count("skipped")]
        table.add_row(dataset, student, settings, *map(str, counts), _clock(time) if n_due else "")
    console.print(table)
    for reason in dict.fromkeys(item.skip_reason for item in items if item.skip_reason):
        console.print(f"Skipped: {reason}.", markup=False, highlight=False)
    total = sum(seconds.values())
    console.print(f"{len(due)} of {len(items)} runs are due; expected time {_clock(total)}.", highlight=False)


class SweepProgress:
    """Two bars: the sweep's, weighed by expected seconds, and the epochs of the runs that go on."""

    def __init__(self, seconds: Mapping[str, float], console: Console) -> None:
        self._seconds = seconds
        self._left = sum(seconds.values())
        self._elapsed = 0.0
        self._expected_of_done = 0.0
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._sweep = self._bars.add_task("sweep", total=self._left or 1.0, note="")
        self._runs: dict[str, TaskID] = {}

    def __enter__(self) -> "SweepProgress":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def epoch(self, spec: RunSpec, epoch: int) -> None:
        """A run's epoch has ended."""
        if spec.key not in self._runs:
            self._runs[spec.key] = self._bars.add_task(spec.name, total=spec.max_epochs, note="")
        self._bars.update(self._runs[spec.key], completed=epoch, note=f"epoch {epoch}/{spec.max_epochs}")

    def done(self, outcome: Outcome) -> None:
        """A run has ended: its bar gives way to a line, and the time left is told anew."""
        key, name = outcome.spec.key, outcome.spec.name
        if key in self._runs:
            self._bars.remove_task(self._runs.pop(key))
        line = f"failed: {outcome.failure}" if outcome.failure else _scores(outcome)
        self._bars.console.print(f"{name}  {line}", markup=False, highlight=False)
        self._expected_of_done += self._seconds.get(key, 0.0)
        self._bars.update(self._sweep, completed=self._expected_of_done, note=f"{self._time_left()} left")

    def _time_left(self) -> str:
        """Expected seconds of what is left, corrected by how the done ones went."""
        elapsed = self._bars.tasks[0].elapsed or 0.0
        pace = elapsed / self._expected_of_done if self._expected_of_done else 1.0
        return _clock(pace * (self._left - self._expected_of_done))


def _scores(outcome: Outcome) -> str:
    metrics = outcome.metrics
    return (
        f"test F1 {100 * metrics['test_f1']:.2f}  valid F1 {100 * metrics['valid_f1']:.2f}  "
        f"{metrics['epochs']:.0f} epochs in {metrics['train_seconds']:.0f} s  "
        f"{metrics['sentences_per_second']:.0f} sentences/s"
    )


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
