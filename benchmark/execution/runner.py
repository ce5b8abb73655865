"""One run from its spec to its record: begun in the store, taught, examined, kept. The only place that catches."""

import shutil
import tempfile
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmark.core.artifacts import TEACHER
from benchmark.core.cache import teacher_folder, write_dir_atomic
from benchmark.core.errors import RunError
from benchmark.core.spec import GRID, RunResult, RunSpec, digest
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.encoding import EncodedTexts
from benchmark.distillation.grid_search import search
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import Teacher, load_teacher
from benchmark.distillation.teacher_outputs import (
    LABELLED,
    TeacherOutputs,
    generated_texts_digest,
    required_parts,
    required_sources,
)
from benchmark.distillation.trainer import OnEpoch, predict
from benchmark.distillation.training_run import TrainedModel, TrainingRun
from benchmark.execution.limits import NO_LIMITS, Limits, enforced
from benchmark.execution.outcome import Outcome, Watch
from benchmark.execution.run_description import role, tags
from benchmark.export.evaluate import evaluate_and_export
from benchmark.measurement.machine_lock import machine_lock
from tracking import ActiveRun, Record, Store


@dataclass(kw_only=True)
class Runner:
    """Where runs are executed: what is loaded, where they are kept, on which device."""

    suite_data: SuiteData
    store: Store
    device: torch.device
    preset: str
    limits: Limits = NO_LIMITS
    """Of a run; where there are any, this process ends with the run that exceeds them."""
    origin: Mapping[str, str] = field(default_factory=dict)
    """Further tags of every run: the command that it is done for."""

    def execute(self, spec: RunSpec, watch: Watch, teacher: Record | None = None) -> Outcome | None:
        """Does the run, unless another machine is at it (None).

        An exception makes it a failed run with its reason, an interrupt a killed one. `teacher` is the finished run
        that a student learns from.
        """
        run = self._begin(spec)
        try:
            if self.is_elsewhere(spec, besides=run.run_id):  # begun at once: both leave it, and ask again later
                run.cancel()
                return None
            return self._done(spec, run, watch, teacher)
        except Exception as error:  # the sweep goes on
            run.log_texts({"traceback": traceback.format_exc()})
            run.fail(_reason(error))
            return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=_reason(error))
        except BaseException:
            run.kill()
            raise

    def is_elsewhere(self, spec: RunSpec, besides: str = "") -> bool:
        """Whether a process that does not share our locks is at the run."""
        return self.store.is_running(spec.suite, spec.key, besides)

    def _done(self, spec: RunSpec, run: ActiveRun, watch: Watch, teacher: Record | None) -> Outcome:
        with (
            machine_lock("shared"),
            tempfile.TemporaryDirectory() as folder,
            enforced(self.limits, partial(_give_up, run, Path(folder))),
        ):
            result = self._train(spec, run, watch, teacher, Path(folder))
            run.log_artifacts(Path(folder))
        run.finish(result.metrics())
        return Outcome(spec=spec, run_id=run.run_id, metrics=result.metrics())

    def ended(self, spec: RunSpec, known: Collection[str]) -> Outcome | None:
        """How the run of the spec ended that is none of `known` (run ids); None where there is no such."""
        for record in reversed(self.store.records_of_key(spec.suite, spec.key)):
            if record.status in ("finished", "failed") and record.run_id not in known:
                failure = record.tags.get("reason", "") if record.status == "failed" else ""
                return Outcome(spec=spec, run_id=record.run_id, metrics=record.metrics, failure=failure)
        return None

    def fail(self, spec: RunSpec, reason: str) -> Outcome:
        """For a run that cannot say so itself: its process is gone, or what it needs is not there."""
        left_over = self.store.kill_stale({spec.key})
        self.store.kill_stale()  # trials of its grid
        run = self.store.resume(left_over[-1]) if left_over else self._begin(spec)
        run.fail(reason)
        return Outcome(spec=spec, run_id=run.run_id, metrics={}, failure=reason)

    def tags(self, spec: RunSpec, role: str) -> dict[str, str]:
        return tags(spec, role, self.preset) | dict(self.origin)

    def ensure_teacher_outputs(self, spec: RunSpec, teacher: Record, *, pool: bool) -> str:
        """Has the teacher of the student's `spec` answer the labelled splits, or the pool, where that is not kept yet.

        Returns why it could not; empty where it could.
        """
        handover = TeacherOutputs(store=self.store, teacher=teacher)
        try:
            folder = handover.files()
            data, labels = self.suite_data.encoded_dataset(spec.dataset), self.suite_data.corpus(spec.dataset).labels

            @cache
            def model() -> Teacher:
                return load_teacher(str(folder), spec.task, len(labels)).to(self.device)

            def answers(encoded: EncodedTexts) -> NDArray[np.float32]:
                return predict(model(), encoded, device=self.device)

            made, parts = (generated_texts_digest(spec), required_sources(spec)) if pool else ("", LABELLED)
            handover.fetch_texts(made)
            handover.give(data, parts, answers)
            handover.publish_texts(made)
        except Exception as error:  # the students that need none of it go on
            return _reason(error)
        return ""

    def fetch_teacher(self, record: Record) -> None:
        """Brings a finished teacher's files from the store, where they are not at hand."""
        TeacherOutputs(store=self.store, teacher=record).files()

    def _begin(self, spec: RunSpec) -> ActiveRun:
        return self.store.begin(spec.suite, spec.name, tags=self.tags(spec, role(spec)), params=asdict(spec))

    def _train(self, spec: RunSpec, run: ActiveRun, watch: Watch, teacher: Record | None, folder: Path) -> RunResult:
        self.suite_data.require_planned(spec)
        data = self.suite_data.encoded_dataset(spec.dataset)
        if teacher:
            handover = TeacherOutputs(store=self.store, teacher=teacher)
            handover.files()
            handover.fetch_texts(generated_texts_digest(spec))
            handover.fetch(data, required_parts(spec))
        training_run = self.training_run(spec, teacher)
        if spec.searches:
            trained = search(training_run, partial(self._begin_trial, spec, run), partial(watch, spec))
        else:
            trained = training_run.train(self._rate(spec), _both(run.log_epoch, partial(watch, spec)))
        result = evaluate_and_export(training_run, trained, folder, teacher.metrics["test_f1"] if teacher else None)
        if spec.is_teacher:
            _keep_teacher(run.run_id, data, trained, folder, self.device)
        return result

    def training_run(self, spec: RunSpec, teacher: Record | None) -> TrainingRun:
        """Of a spec, with the run that its student's teacher comes from."""
        return TrainingRun(
            spec=spec,
            data=self.suite_data.encoded_dataset(spec.dataset),
            device=self.device,
            teacher=teacher.run_id if teacher else "",
            vectors=self.suite_data.vectors,
            at_hand=self.suite_data.at_hand,
        )

    def _rate(self, spec: RunSpec) -> float:
        """As given, or as the run that searches it has found. Raises RunError where that has not finished."""
        if spec.learning_rate != GRID:
            return float(spec.learning_rate)
        records = {record.status: record for record in self.store.records_of_key(spec.suite, spec.searched.key)}
        if "finished" in records:
            return records["finished"].metrics["learning_rate"]
        why = f"failed: {records['failed'].tags.get('reason', '')}" if "failed" in records else "has not finished."
        raise RunError(f"Its learning rate is searched by {spec.searched.name}, which {why}")

    def _begin_trial(self, spec: RunSpec, run: ActiveRun, rate: float, max_steps: int) -> ActiveRun:
        """A child run of a search: one learning rate and a budget, validated and never tested."""
        tags = self.tags(spec, "trial") | {"key": digest([spec.key, rate, max_steps])}
        params = asdict(spec) | {"learning_rate": rate, "max_steps": max_steps}
        name = f"{spec.name}.lr{rate:g}" + (f".steps{max_steps}" if max_steps else "")
        return self.store.begin(spec.suite, name, tags=tags, params=params, parent=run.run_id)


def _both(log: OnEpoch, watch: Callable[[int], None]) -> OnEpoch:
    """Curves go to the run, the epoch's number to who watches."""

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        log(epoch, metrics)
        watch(epoch)

    return on_epoch


def _give_up(run: ActiveRun, folder: Path, reason: str) -> None:
    """The process is about to end: what only it can tell and tidy."""
    run.fail(reason)
    shutil.rmtree(folder, ignore_errors=True)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _keep_teacher(run_id: str, data: EncodedDataset, trained: TrainedModel, folder: Path, device: torch.device) -> None:
    """Puts into the cache what students read: the logits of the labelled splits, and the files."""
    model = trained.model.to(device)
    data.teacher_logits("validation", run_id, lambda _: trained.valid_logits)
    data.teacher_logits("train", run_id, lambda encoded: predict(model, encoded, device=device))
    write_dir_atomic(teacher_folder(run_id), partial(shutil.copytree, folder / TEACHER, dirs_exist_ok=True))
