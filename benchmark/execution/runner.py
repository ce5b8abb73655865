"""One run from its spec to its record: teacher outputs, training, evaluation and export, storage."""

import shutil
import traceback
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch

from benchmark.core.errors import RunError
from benchmark.core.interrupts import check_interrupt, is_interrupted
from benchmark.core.result import RunResult
from benchmark.core.run_store import DATA_TAG, open_store
from benchmark.core.spec import GRID, RunSpec, digest
from benchmark.distillation.baseline_fit import fit_baseline
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.grid_search import grid_search
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher_logits import EnsembleLogits, FileLogits, ModelLogits, TeacherLogits
from benchmark.distillation.teacher_outputs import TeacherOutputs
from benchmark.distillation.trainer import OnEpoch
from benchmark.distillation.training_run import TrainingRun
from benchmark.execution.limits import NO_LIMITS, Limits, enforced
from benchmark.execution.run_description import inputs, note, role, tags
from benchmark.execution.run_status import OnRunEpoch, Outcome
from benchmark.export.evaluate import evaluate_and_export, evaluate_baseline, evaluate_logits
from benchmark.measurement.machine import machine_lock
from tracking import NOTE, ActiveRun, Record, Store, StoreError, scratch_folder, without_password

DELETED = "Its run was deleted in the store while it was running. The same command runs it again."


@dataclass(kw_only=True)
class Runner:
    """Runs specs. It is pickled to other processes; each opens the store and reads data once, at first use."""

    suite_data: SuiteData
    store_uri: str
    preset: str
    device: str = "cpu"
    n_threads: int = 1
    limits: Limits = NO_LIMITS
    """Limits per run; the process ends with a run that exceeds them."""
    extra_tags: Mapping[str, str] = field(default_factory=lambda: {"sweep": uuid.uuid4().hex})
    """Tags of every run, which identify the command's runs."""

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def store(self) -> Store:
        return open_store(self.store_uri)

    def set_threads(self) -> None:
        """Limits torch to `n_threads` in this process."""
        torch.set_num_threads(self.n_threads)

    def run(self, spec: RunSpec, teacher: Record | None, on_epoch: OnRunEpoch) -> Outcome | None:
        """Runs `spec` and stores it; None where another machine is running it.

        `teacher` is the finished run of a student's teacher. An exception makes a failed run with its reason, an
        interrupt a killed one.
        """
        run = self._begin(spec)
        try:
            if self.is_running_elsewhere(spec, besides=run.run_id):  # both withdraw, and try again later
                run.kill("Another machine had begun it too.")
                return None
            with (
                machine_lock("shared"),
                scratch_folder() as folder,
                enforced(self.limits, partial(_fail_before_exit, run, folder)),
            ):
                result = self._train_and_export(spec, run, teacher, on_epoch, folder)
                run.log_artifacts(folder)
            summary = {DATA_TAG: self.suite_data.summary(spec.dataset).to_json()}
            run.finish(result.metrics(), {**summary, NOTE: note(spec, role(spec), result.metrics())})
            return Outcome(spec=spec, run_id=run.run_id, metrics=result.metrics())
        except BaseException as error:
            if isinstance(error, Exception) and not is_interrupted():
                return self._failed(spec, run, error)  # the other runs continue
            with suppress(StoreError):  # the run was deleted, or the store is away
                run.kill()
            check_interrupt()
            raise

    def _failed(self, spec: RunSpec, run: ActiveRun, error: Exception) -> Outcome:
        """Outcome of a run that `error` ended; stored with the run, unless somebody has deleted it."""
        if run.is_deleted():
            return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=DELETED)
        run.log_texts({"traceback": without_password("".join(traceback.format_exception(error)))})
        run.fail(_reason(error))
        return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=_reason(error))

    def _train_and_export(
        self, spec: RunSpec, run: ActiveRun, teacher: Record | None, on_epoch: OnRunEpoch, folder: Path
    ) -> RunResult:
        self.suite_data.require_unchanged(spec)
        run.log_inputs(inputs(spec, self.suite_data.corpus(spec.dataset)))
        if not spec.has_model:
            logits, device = self._logits_without_model(spec), torch.device(self.device)
            return evaluate_logits(logits, self._data(spec), folder, device)
        training_run = self.training_run(spec, teacher)
        teacher_test_f1 = teacher.metrics.get("teacher_test_f1") if teacher else None
        if spec.is_baseline:
            return evaluate_baseline(training_run, fit_baseline(training_run), folder, teacher_test_f1)
        if spec.is_as_is:
            trained = training_run.untrained()
        elif spec.searches:
            trained = grid_search(training_run, partial(self._begin_trial, spec, run), partial(on_epoch, spec))
        else:
            trained = training_run.train(self._learning_rate(spec), _both(run.log_epoch, partial(on_epoch, spec)))
        return evaluate_and_export(training_run, trained, folder, teacher_test_f1)

    def training_run(self, spec: RunSpec, teacher: Record | None) -> TrainingRun:
        """The training of `spec`, with what it reads of its teacher in the cache."""
        outputs, data = self.teacher_outputs(spec, teacher) if teacher else None, self._data(spec)
        if outputs:
            outputs.fetch(spec)
            if not data.corpus.has_gold("validation"):
                data = data.judged_by_teacher(outputs.logits("validation"))
        return TrainingRun(
            spec=spec,
            data=data,
            device=torch.device(self.device),
            teacher=outputs,
            vectors=self.suite_data.vectors,
            resolve_path=self.suite_data.resolve_path,
        )

    def teacher_outputs(self, spec: RunSpec, teacher: Record) -> TeacherOutputs:
        """Outputs of a finished teacher over the data set of `spec`."""
        return TeacherOutputs(
            store=self.store, teacher=teacher, data=self._data(spec), source=self._teacher_logits(teacher)
        )

    def _data(self, spec: RunSpec) -> EncodedDataset:
        """The data set in the tokens of the spec: of its teacher, or of the student's own vocabulary."""
        return self.suite_data.encoded_dataset(spec.dataset, spec.teacher, spec.vocabulary)

    def _teacher_logits(self, teacher: Record) -> TeacherLogits:
        """The way in which the logits of a finished teacher come about."""
        spec = RunSpec.read(teacher.params)
        return (
            ModelLogits(self.store, teacher, self._data(spec)) if spec.has_model else self._logits_without_model(spec)
        )

    def _logits_without_model(self, spec: RunSpec) -> TeacherLogits:
        """The logits of a file of outputs, or of an ensemble, whose teachers have finished."""
        if spec.required_keys:
            names = (self.suite_data.teacher, *self.suite_data.others)  # their runs may have had other names
            members = zip(spec.required_keys, names, strict=True)
            return EnsembleLogits([self._member(spec, key, name) for key, name in members])
        outputs = self.suite_data.outputs(spec.dataset)
        if outputs is None:
            raise RunError(f"The suite names no teacher_outputs for {spec.dataset!r} any more.")
        return FileLogits(outputs, self._data(spec), self.suite_data.encoder.path)

    def _member(self, ensemble: RunSpec, key: str, name: str) -> ModelLogits:
        data = self.suite_data.encoded_dataset(ensemble.dataset, name)
        return ModelLogits(self.store, self._finished(ensemble.suite, key), data)

    def _finished(self, suite: str, key: str) -> Record:
        """The latest finished run of a key. Raises RunError if there is none."""
        finished = [record for record in self.store.records_of_key(suite, key) if record.status == "finished"]
        if not finished:
            raise RunError("One of the ensemble's teachers has no finished run; was it deleted? Run the command again.")
        return finished[-1]

    def ensure_teacher_outputs(self, spec: RunSpec, teacher: Record) -> str:
        """Computes and stores what a student of `spec` reads of its teacher; returns why that failed, or ""."""
        try:
            self.teacher_outputs(spec, teacher).ensure(spec, torch.device(self.device))
        except Exception as error:  # students that read none of it go on
            check_interrupt()
            return _reason(error)
        return ""

    def is_running_elsewhere(self, spec: RunSpec, besides: str = "") -> bool:
        """Whether a process that does not share our locks is running the spec."""
        return self.store.is_running(spec.suite, spec.key, besides)

    def ended(self, spec: RunSpec, ignored: Collection[str]) -> Outcome | None:
        """Outcome of the latest ended run of the spec whose id is not `ignored`; None where there is none."""
        for record in reversed(self.store.records_of_key(spec.suite, spec.key)):
            if record.status in ("finished", "failed") and record.run_id not in ignored:
                failure = record.tags.get("reason", "") if record.status == "failed" else ""
                return Outcome(spec=spec, run_id=record.run_id, metrics=record.metrics, failure=failure)
        return None

    def fail(self, spec: RunSpec, reason: str) -> Outcome:
        """Stores a failure that the run cannot store itself: its process ended, or its inputs are missing."""
        left_over = self.store.kill_stale({spec.key})
        self.store.kill_stale()  # trials of its search
        run = self.store.resume(left_over[-1]) if left_over else self._begin(spec)
        run.fail(reason)
        return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=reason)

    def tags(self, spec: RunSpec, role: str, metrics: Mapping[str, float | None] | None = None) -> dict[str, str]:
        return tags(spec, role, self.preset, metrics) | dict(self.extra_tags)

    def _begin(self, spec: RunSpec) -> ActiveRun:
        return self.store.begin(spec.suite, spec.name, tags=self.tags(spec, role(spec)), params=asdict(spec))

    def _begin_trial(self, spec: RunSpec, run: ActiveRun, rate: float, max_steps: int) -> ActiveRun:
        """A child run of a search: one learning rate and step budget, scored on validation alone."""
        tags = self.tags(spec, "trial") | {"key": digest([spec.key, rate, max_steps])}
        params = asdict(spec) | {"learning_rate": rate, "max_steps": max_steps}
        name = f"{spec.name}.lr{rate:g}" + (f".steps{max_steps}" if max_steps else "")
        return self.store.begin(spec.suite, name, tags=tags, params=params, parent=run.run_id)

    def _learning_rate(self, spec: RunSpec) -> float:
        """The spec's rate, or the one that its search found. Raises RunError where the search has not finished."""
        if spec.learning_rate != GRID:
            return float(spec.learning_rate)
        records = {record.status: record for record in self.store.records_of_key(spec.suite, spec.searched.key)}
        if "finished" in records:
            return records["finished"].metrics["learning_rate"]
        why = f"failed: {records['failed'].tags.get('reason', '')}" if "failed" in records else "has not finished."
        raise RunError(f"Its learning rate is searched by {spec.searched.name}, which {why}")


def _both(log: OnEpoch, on_epoch: Callable[[int], None]) -> OnEpoch:
    def call(epoch: int, metrics: Mapping[str, float]) -> None:
        log(epoch, metrics)
        on_epoch(epoch)

    return call


def _fail_before_exit(run: ActiveRun, folder: Path, reason: str) -> None:
    """Stores the failure and removes the run's files: the process is about to end."""
    with suppress(OSError):
        shutil.rmtree(folder)
    run.fail(reason)


def _reason(error: Exception) -> str:
    return without_password(f"{type(error).__name__}: {error}")
