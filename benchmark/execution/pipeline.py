"""A plan carried out: what is due is run, what is unmeasured is measured, and all of it is reported."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import join

from rich.console import Console

from benchmark.cli.progress import SweepProgress
from benchmark.core.errors import DONE, SOME_FAILED
from benchmark.core.locks import run_lock
from benchmark.core.run_store import open_store
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.executors import choice
from benchmark.execution.limits import Limits
from benchmark.execution.outcome import Outcome
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.execution.run_description import role, tags
from benchmark.execution.run_status import RunStatus
from benchmark.execution.scheduler import sweep
from benchmark.execution.tasks import Executor, RunnerConfig
from benchmark.export.registered_model import publish_best, show_served
from benchmark.measurement.candidates import Finished, unmeasured
from benchmark.measurement.stage import measure
from benchmark.report import print_leaderboard, ranked, write_report
from benchmark.reporting.budget import report_words
from benchmark.reporting.files import report_folder
from tracking import Store, ui_command


@dataclass(frozen=True)
class Pipeline:
    """What a command line came to."""

    args: argparse.Namespace
    config: BenchmarkConfig
    suite_data: SuiteData
    items: Sequence[PlannedRun]
    """The whole plan."""
    run_status: RunStatus
    """What was known of it when it was made."""
    out: Path
    console: Console

    @property
    def suite(self) -> str:
        return self.config.suite.name

    def done(self, due: list[PlannedRun], seconds: Mapping[str, float]) -> int:
        """Carries it out; returns the exit code. `seconds` that each run is expected to take, by key."""
        with choice.opened(self.args, self.config.jobs) as executor:
            store = open_store(self.args.tracking_uri)
            report_folder(self.out)
            store.kill_stale()
            self._record_skips(store)
            outcomes = self._swept(due, self._work(store), executor, seconds)
        if not self.args.no_latency:
            self._measure(store)
        records, data = store.records(self.suite), {item.spec.dataset: item.spec.data_digest for item in self.items}
        rows = ranked(records, data)
        write_report(store, self.suite, self.out, records=records, rows=rows)
        print_leaderboard(store, self.suite, self.console, rows)
        show_served(publish_best(store, records, data), self.console)
        self._show_places(store)
        return self._close(outcomes, store)

    def _work(self, store: Store) -> RunnerConfig:
        limits = Limits(memory_mib=self.args.max_memory, minutes=self.args.max_minutes)
        return RunnerConfig.of(self.suite_data, store, self.config, limits=limits)

    def _record_skips(self, store: Store) -> None:
        """A run that cannot be done here is a row of the report too, with its reason."""
        for item in self.items:
            if item.skip_reason and item.spec.key not in self.run_status.skipped:
                spec = item.spec
                of_run = tags(spec, role(spec), self.config.preset_name)
                store.begin(spec.suite, spec.name, tags=of_run, params=asdict(spec)).skip(item.skip_reason)

    def _swept(
        self, due: list[PlannedRun], work: RunnerConfig, executor: Executor, seconds: Mapping[str, float]
    ) -> list[Outcome]:
        """How each run that was due ended, with a progress bar meanwhile."""
        outcomes: list[Outcome] = []
        if due:
            with SweepProgress(seconds, self.console, max(len(item.spec.name) for item in due)) as progress:
                sweep(due, self.run_status, work, executor, progress.epoch, _both(progress.done, outcomes.append))
        return outcomes

    def _measure(self, store: Store) -> None:
        """One command at a time, so that the next one finds measured what this one measures."""
        with run_lock(store.uri, "measuring", self.suite, wait=True):
            self._measure_alone(store)

    def _measure_alone(self, store: Store) -> None:
        records = store.records(self.suite)
        finished = RunStatus.read(records).finished
        models = [Finished(spec=i.spec, record=finished[i.spec.key]) for i in self.items if i.spec.key in finished]
        waiting = unmeasured(models, records)
        if waiting:
            self.console.print(f"Measuring {len(waiting)} models, nothing of ours beside it ...")
        runner = RunnerConfig.of(self.suite_data, store, self.config).runner()
        for _ in measure(waiting, runner, beside=[model for model in models if model.spec.is_teacher]):
            pass

    def _show_places(self, store: Store) -> None:
        """Where things are, and how to go on."""
        stored = ["--tracking-uri", self.args.tracking_uri] if self.args.tracking_uri else []
        lines = {
            "Page": str(self.out / "report.html"),
            "Report": str(self.out / "report.md"),
            "Best for a budget": join([*report_words(self.suite), "--max-ms", "0.5", "--min-kept", "95", *stored]),
            "Compare runs": ui_command(store.uri),
            "... and open": store.view_url(self.suite),
        }
        for name, line in lines.items():
            self.console.print(f"{name}: {line}", markup=False, highlight=False, soft_wrap=True)

    def _close(self, outcomes: Iterable[Outcome], store: Store) -> int:
        """Says last what failed."""
        failures = self._failures(outcomes, RunStatus.read(store.records(self.suite)))
        for name, reason in failures.items():
            print(f"Failed: {name}: {reason}", file=sys.stderr)
        return SOME_FAILED if failures else DONE

    def _failures(self, outcomes: Iterable[Outcome], run_status: RunStatus) -> dict[str, str]:
        """Why, by name: what is not done, and what failed just now although an earlier run of it counts."""
        now = {outcome.spec.key: outcome.failure for outcome in outcomes if outcome.failure}
        reasons = {key: record.tags.get("reason", "") for key, record in run_status.failed.items()} | now
        undone = [i.spec for i in self.items if run_status.state(i) in ("failed", "missing") or i.spec.key in now]
        return {spec.name: reasons.get(spec.key, "not begun, since its teacher failed") for spec in undone}


def _both(*listeners: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
    def tell(outcome: Outcome) -> None:
        for listener in listeners:
            listener(outcome)

    return tell
