"""A benchmark from its configuration to finished and measured runs.

What trains and measures is imported once it is needed: a dry run does not wait for it.
"""

import gc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from benchmark.core.cache import require_writable
from benchmark.core.locks import run_lock
from benchmark.core.run_store import open_store
from benchmark.data.corpus import load_corpus
from benchmark.data.summary import DataSummary
from benchmark.distillation.checkpoint import remove_old_checkpoints
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.best_rates import with_tuned_rates
from benchmark.execution.estimate import Estimator, expected_seconds, measuring_seconds, n_epochs
from benchmark.execution.executors import choice
from benchmark.execution.plan import BenchmarkConfig, PlannedRun, plan_runs
from benchmark.execution.requirements import require_models, require_outputs, require_teachers, require_vectors
from benchmark.execution.run_description import role, tags
from benchmark.execution.run_status import OnRunEpoch, Outcome, RunStatus, pending_runs
from tracking import NoStoreError, Record, Store, cache_folder

if TYPE_CHECKING:
    from benchmark.execution.runner import Runner


RUN_DELETED = "its finished run was deleted meanwhile"


@dataclass(frozen=True)
class Pipeline:
    """The planned runs of a benchmark, and which of them are pending."""

    config: BenchmarkConfig
    suite_data: SuiteData
    records: Sequence[Record]
    """The suite's records when the plan was made."""
    planned: Sequence[PlannedRun]
    status: RunStatus
    pending: Sequence[PlannedRun]
    seconds: Mapping[str, float]
    """Expected duration of each pending run by its key."""
    notes: Sequence[str] = ()
    """Lines about the inputs."""
    epochs: Mapping[str, int] = field(default_factory=dict)
    """The most epochs of each pending run by its key."""

    @classmethod
    def plan(cls, config: BenchmarkConfig) -> "Pipeline":
        """Reads the data and the records; nothing is written. Raises InputError where an input cannot be used."""
        choice.require(config)
        require_writable(config.out, "output folder", "--out")
        require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
        records = _records(config)
        gc.freeze()  # the records live as long as the command: the collector need not visit them again and again
        suite_data = config.suite_data()
        for name in config.named_datasets:
            load_corpus(config.suite.entries[name])
        planned = plan_runs(config, suite_data)
        suite_data.require_readable()
        if config.tuned:
            planned = with_tuned_rates(planned, records, config)
        status = RunStatus.read(records)
        pending = pending_runs(planned, status, force=config.force, retry_failed=config.retry_failed)
        require_teachers(suite_data, [run.spec for run in pending])
        require_models(suite_data, [run.spec for run in pending])
        notes = require_outputs(suite_data, [run.spec for run in planned if not run.skip_reason])
        notes += require_vectors(suite_data, [run.spec for run in pending])
        estimate = Estimator.from_records(records, lambda teacher: suite_data.encoder_of(teacher).config)
        seconds = expected_seconds(planned, pending, status, suite_data, estimate, config.jobs)
        epochs = {run.spec.key: n_epochs(run.spec, len(suite_data.training_texts(run.spec))) for run in pending}
        return cls(config, suite_data, records, planned, status, pending, seconds, notes, epochs)

    @cached_property
    def data_summaries(self) -> list[DataSummary]:
        """Summaries of the data sets that are available. Raises InputError if the tokenizer cannot be read."""
        available = (name for name in self.config.datasets if not self.suite_data.why_unavailable(name))
        return list(map(self.suite_data.summary, available))

    @property
    def measuring_seconds(self) -> float:
        """Expected seconds of measuring the pending runs."""
        specs = [run.spec for run in self.pending if run.spec.has_model]
        return measuring_seconds(specs) if self.config.measure else 0.0

    @cached_property
    def store(self) -> Store:
        return open_store(self.config.tracking_uri)

    @cached_property
    def runner(self) -> "Runner":
        from benchmark.execution.runner import Runner

        config = self.config
        runner = Runner(
            suite_data=self.suite_data,
            store_uri=self.store.uri,
            preset=config.preset_name,
            device=config.device,
            limits=config.limits,
        )
        runner.store = self.store
        return runner

    def run(self, on_epoch: OnRunEpoch, on_outcome: Callable[[Outcome], None]) -> None:
        """Runs what is pending; what cannot be run here is stored as skipped."""
        from benchmark.execution.scheduler import Scheduler

        with choice.opened(self.config) as executor:
            self.store.kill_stale()
            remove_old_checkpoints()
            self._store_skipped()
            specs = [run.spec for run in self.pending]
            if specs:
                runner = executor.with_inputs(self.runner, specs)
                scheduler = Scheduler(
                    runner=runner, executor=executor, status=self.status, on_epoch=on_epoch, on_outcome=on_outcome
                )
                scheduler.run(specs)

    def measure(self, on_start: Callable[[int, float], None], on_run: Callable[[], None]) -> dict[str, str]:
        """Measures the planned runs that this machine has not measured; returns reasons by name of those left out.

        `on_start` gets their number and the expected seconds; `on_run` is called after each.

        One command measures at a time, so that the next one finds what this one measured.
        """
        from benchmark.measurement.stage import FinishedRun, measure, unmeasured

        left_out: dict[str, str] = {}
        with run_lock(self.store.uri, "measuring", self.config.suite.name, wait=True):
            records = self.store.records(self.config.suite.name)
            finished = RunStatus.read(records).finished
            specs = [run.spec for run in self.planned if run.spec.key in finished]
            runs = [FinishedRun(spec=spec, record=finished[spec.key]) for spec in specs]
            waiting = unmeasured(runs, records)
            teachers = [run for run in runs if run.spec.is_teacher and run.spec.has_model]
            if waiting:
                on_start(len(waiting), measuring_seconds([run.spec for run in waiting]))
            for _ in measure(
                waiting,
                store=self.store,
                suite_data=self.suite_data,
                tags=self.runner.tags,
                baselines=teachers,
                left_out=left_out,
            ):
                on_run()
        return left_out

    def failures(self, outcomes: Sequence[Outcome], status: RunStatus) -> dict[str, str]:
        """Reasons by run name: of planned runs not done, and of failures now although an earlier run counts."""
        now = {outcome.spec.key: outcome.failure for outcome in outcomes if outcome.failure}
        reasons = {key: record.tags.get("reason", "") for key, record in status.failed.items()} | now
        undone = [r.spec for r in self.planned if status.state(r) in ("failed", "missing") or r.spec.key in now]
        deleted = {outcome.spec.key: RUN_DELETED for outcome in outcomes}
        reasons = deleted | reasons
        n_named = Counter(spec.name for spec in undone)  # an ensemble's teachers have one name
        failures, failed = {}, {key for key, reason in reasons.items() if reason != RUN_DELETED}
        for spec in undone:  # a run stands behind those that it begins from
            if not failed.isdisjoint(spec.required_keys):
                failed.add(spec.key)
            name = spec.name if n_named[spec.name] == 1 else f"{spec.name} ({spec.teacher})"
            why = "failed" if spec.key in failed else "has no finished run; was it deleted?"
            failures[name] = reasons.get(spec.key) or f"not begun, since its teacher {why}"
        return failures

    def _store_skipped(self) -> None:
        for run in self.planned:
            if run.skip_reason and run.spec.key not in self.status.skipped:
                spec = run.spec
                run_tags = tags(spec, role(spec), self.config.preset_name)
                self.store.begin(spec.suite, spec.name, tags=run_tags, params=asdict(spec)).skip(run.skip_reason)


def _records(config: BenchmarkConfig) -> list[Record]:
    try:
        return open_store(config.tracking_uri, create=False).records(config.suite.name)
    except NoStoreError:
        return []
