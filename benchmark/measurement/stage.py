"""Measurement of finished runs on this machine, one data set after another."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from benchmark.core.cache import cache_path
from benchmark.core.errors import RunError
from benchmark.core.metrics import INT8_SERVES
from benchmark.core.settings import TEACHERS
from benchmark.core.spec import RunSpec, digest
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.tokenizer import vocabulary_size
from benchmark.measurement.finished_sessions import FinishedSessions
from benchmark.measurement.footprint import Footprint, footprint
from benchmark.measurement.machine import machine_fingerprint, machine_lock
from benchmark.measurement.protocol import BUDGETS, LATENCY_PROTOCOL, Budget, SentenceSample
from benchmark.measurement.run_files import RunFiles
from benchmark.measurement.session import (
    Candidate,
    ExecutionMode,
    Session,
    control_of,
    execution_modes,
    reference_candidate,
    run_session,
)
from benchmark.measurement.summary import (
    SessionResult,
    cost_metrics,
    int8_won,
    latency_metrics,
    session_metadata,
    session_tags,
    write_samples,
)
from tracking import NOTE, Record, Store, StoreError, scratch_folder

QUICK = BUDGETS["quick"]

Tags = Callable[..., dict[str, str]]
"""Tags of a run by spec, role and `metrics`."""
Measured = Mapping[str, float | None]
"""Metrics by column."""
Metadata = Mapping[str, object]
DELETED = "It was deleted in the store while it was measured."


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """Spec and record of a finished run."""

    spec: RunSpec
    record: Record

    @property
    def key(self) -> str:
        """Key of its inference run; it differs between machines and protocols."""
        return digest([self.record.key, machine_fingerprint(), LATENCY_PROTOCOL])


def unmeasured(runs: Iterable[FinishedRun], records: Iterable[Record], budget: Budget = QUICK) -> list[FinishedRun]:
    """Runs of models without a finished inference run on this machine with this budget or the full one."""
    measured = {
        (record.key, record.parent)
        for record in records
        if record.tags.get("role") == "inference"
        and record.status == "finished"
        and record.tags.get("latency_budget") in (budget.name, "full")
    }
    return [run for run in runs if run.spec.has_model and (run.key, run.record.run_id) not in measured]


def measure(
    runs: Iterable[FinishedRun],
    *,
    store: Store,
    suite_data: SuiteData,
    tags: Tags,
    budget: Budget = QUICK,
    baselines: Iterable[FinishedRun] = (),
    left_out: dict[str, str],
) -> Iterator[FinishedRun]:
    """Measures the runs; yields each one once its measurement is stored.

    `left_out` gets the reason by name of each run that was deleted, or whose files are missing: the others go on.
    Each teacher has sessions with its own students. `baselines` are teachers that take part in theirs without being
    stored again; an ensemble has no model to take part.
    """
    groups: dict[str, list[FinishedRun]] = defaultdict(list)
    for run in runs:
        groups[_teacher_key(run)].append(run)
    teachers = {_teacher_key(run): run for run in baselines}
    for key, group in groups.items():
        with scratch_folder() as folder:
            encoded = partial(suite_data.encoded_dataset, group[0].spec.dataset, group[0].spec.teacher)
            measurement = _Measurement(store, tags, budget, encoded, folder, left_out)
            yield from measurement.measure(group, [teachers[key]] if key in teachers else [])


def _teacher_key(run: FinishedRun) -> str:
    """Key of the teacher's run, which is of one data set."""
    return run.record.key if run.spec.is_teacher else run.spec.teacher_key


@dataclass(frozen=True)
class _Measurement:
    """Measurement of one data set's runs; the files of each are in a folder below `folder`."""

    store: Store
    tags: Tags
    budget: Budget
    encoded: Callable[[str], EncodedDataset]
    """The data set by vocabulary."""
    folder: Path
    left_out: dict[str, str]

    @cached_property
    def _sample(self) -> SentenceSample:
        return SentenceSample.draw(self.encoded(TEACHERS), self.budget.n_sentences)

    def measure(self, group: Sequence[FinishedRun], teachers: Sequence[FinishedRun]) -> Iterator[FinishedRun]:
        candidates = self._candidates([*teachers, *group])
        group = [run for run in group if run.spec.model in candidates]
        if not group:
            return
        references = [reference_candidate(group[0].spec.task, self._sample.token_ids)] if self.budget.reference else []
        finished = FinishedSessions(self._place([*teachers, *group]))
        with machine_lock("exclusive"):
            measure = partial(self._session, [*references, *candidates.values()])
            results = [finished.result(mode, measure) for mode in execution_modes()]
            footprints = {name: self._footprints(candidate) for name, candidate in candidates.items()}
        metadata = session_metadata(results, self.budget, self._sample)
        samples = self.folder / "samples"
        samples.mkdir()
        write_samples(samples, results, metadata)
        for run in group:
            won = int8_won(run.spec.model, results[0], run.record.metrics)
            measured = latency_metrics(run.spec.model, results, int8_serves=won)
            measured |= cost_metrics(footprints[run.spec.model][won], measured["throughput_text"] or 0.0)
            if run.spec.has_bundle:
                measured[INT8_SERVES] = float(won)
            with self._leaving_out(run):
                self._log(run, session_tags(results, self.budget), measured, metadata, samples)
                yield run
        finished.forget()

    def _candidates(self, runs: Sequence[FinishedRun]) -> dict[str, Candidate]:
        """By model: the last run of each whose files can be read stands for all."""
        candidates: dict[str, Candidate] = {}
        for run in reversed(runs):
            if run.spec.model not in candidates:
                with self._leaving_out(run):
                    candidates[run.spec.model] = self._candidate(run)
        return candidates

    @contextmanager
    def _leaving_out(self, run: FinishedRun) -> Iterator[None]:
        """Leaves out a run that was deleted, or whose files are missing."""
        try:
            yield
        except (RunError, StoreError) as error:
            is_deleted = self.store.is_deleted(run.record.run_id)
            if isinstance(error, StoreError) and not is_deleted:
                raise
            self.left_out[run.spec.name] = DELETED if is_deleted else str(error)

    def _place(self, runs: Sequence[FinishedRun]) -> Path:
        """Folder of the sessions that these runs take part in, on this machine."""
        session = [[run.key, run.record.run_id] for run in runs]
        return cache_path("sessions", digest([session, asdict(self.budget), self._sample.metadata()]))

    def _session(self, candidates: list[Candidate], mode: ExecutionMode) -> SessionResult:
        """Result of the first session whose control passes, or of the last one."""
        session = Session(candidates=candidates, texts=self._sample.texts, budget=self.budget, mode=mode)
        for tries in range(1, self.budget.tries + 1):
            load_before = os.getloadavg()[0]
            samples = run_session(session)
            result = SessionResult(
                mode=mode,
                samples=samples,
                control=control_of(samples),
                tries=tries,
                load_before=load_before,
                load_after=os.getloadavg()[0],
            )
            if result.control.passed:
                break
        return result

    def _footprints(self, candidate: Candidate) -> dict[bool, Footprint]:
        """Footprint by whether the INT8 form serves."""
        folders, text = {False: candidate.bundle, True: candidate.int8_bundle}, self._sample.texts[0]
        return {int8: footprint(folder, text, self.budget.starts) for int8, folder in folders.items() if folder}

    def _log(
        self, run: FinishedRun, tags: Mapping[str, str], measured: Measured, metadata: Metadata, samples: Path
    ) -> None:
        """Stores an inference run with metrics and samples; the metrics go to the training run and its bundle too."""
        spec, run_id = run.spec, run.record.run_id
        tags = self.tags(spec, "inference") | {"key": run.key} | dict(tags)
        params = asdict(spec) | {f"machine_{name}": value for name, value in machine_fingerprint().items()}
        inference = self.store.begin(spec.suite, f"{spec.name}.inference", tags=tags, params=params, parent=run_id)
        try:
            inference.log_artifacts(samples)
            metrics = self._add_metrics(run, measured, metadata)
        except BaseException:
            with suppress(StoreError):
                inference.kill()
            raise
        inference.finish(metrics)

    def _add_metrics(self, run: FinishedRun, measured: Measured, metadata: Metadata) -> Measured:
        """Adds a measurement to the training run and its bundle; returns all metrics of the run."""
        spec, run_id = run.spec, run.record.run_id
        latency = {name: value for name, value in measured.items() if value is not None and name.endswith("_ms")}
        if spec.has_bundle:
            won = bool(measured[INT8_SERVES])
            size = self._files(run).complete_bundle({**latency, **metadata}, int8_won=won)
            measured = {**measured, "size_bundle_mib": size}
        metrics = {**run.record.metrics, **measured}
        described = self.tags(spec, "teacher" if spec.is_teacher else "train", metrics=metrics)
        self.store.add_metrics(run_id, measured, {NOTE: described[NOTE]})
        return metrics

    def _candidate(self, run: FinishedRun) -> Candidate:
        spec, data = run.spec, self.encoded(run.spec.vocabulary)
        bundle, int8_bundle = self._files(run).served()
        return Candidate(
            name=spec.model,
            student=spec.student,
            task=spec.task,
            vocab_size=vocabulary_size(data.tokenizer),
            n_labels=len(data.corpus.labels),
            pad_id=data.encoded("test").pad_id,
            token_ids=replace(self._sample, data=data).token_ids,
            weights=self._files(run).weights(),
            bundle=bundle,
            int8_bundle=int8_bundle,
        )

    def _files(self, run: FinishedRun) -> RunFiles:
        folder = self.folder / run.record.run_id
        folder.mkdir(exist_ok=True)
        return RunFiles(self.store, run.spec, run.record, folder)
