"""Measurement of finished runs, one data set after another."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmark.core.spec import RunSpec
from benchmark.distillation.suite_data import SuiteData
from benchmark.measurement.candidates import QUICK, Finished
from benchmark.measurement.footprint import Footprint, footprint
from benchmark.measurement.machine import machine_fingerprint
from benchmark.measurement.machine_lock import machine_lock
from benchmark.measurement.model_files import ModelFiles
from benchmark.measurement.protocol import Budget
from benchmark.measurement.sample import Sample
from benchmark.measurement.session import (
    CONTROL,
    Candidate,
    ExecutionMode,
    Session,
    controlled,
    execution_modes,
    reference_candidate,
    run_session,
)
from benchmark.measurement.session_metadata import session_metadata, session_tags, write_samples
from benchmark.measurement.statistics import control
from benchmark.measurement.summary import SessionResult, costs, figures, int8_won
from tracking import Store

Tags = Callable[[RunSpec, str], dict[str, str]]
"""Tags of a run by spec and role."""


def measure(
    models: Iterable[Finished],
    *,
    store: Store,
    suite_data: SuiteData,
    tags: Tags,
    budget: Budget = QUICK,
    baselines: Iterable[Finished] = (),
) -> Iterator[Finished]:
    """Measures and logs; yields each model when its figures are kept.

    `beside` are teachers, which take part as baselines where they are none of `models`.
    """
    groups: dict[str, list[Finished]] = defaultdict(list)
    for model in models:
        groups[model.spec.dataset].append(model)
    for dataset, group in groups.items():
        teachers = [model for model in baselines if model.spec.dataset == dataset][:1]
        data = suite_data.encoded_dataset(dataset)
        with tempfile.TemporaryDirectory() as folder:
            files = ModelFiles(store, suite_data, Path(folder), data)
            yield from _Stage(store, tags, budget, files, Sample.of(data, budget.n_sentences)).measure(group, teachers)


@dataclass(frozen=True)
class _Measured:
    """What a model's sessions came to."""

    sessions: Sequence[SessionResult]
    footprints: Mapping[bool, Footprint]
    """By whether INT8 serves."""
    session_metadata: Mapping[str, Any]
    raw: Path
    """Folder of the samples."""


@dataclass(frozen=True)
class _Stage:
    """One data set's."""

    store: Store
    tags: Tags
    budget: Budget
    files: ModelFiles
    sample: Sample

    def measure(self, group: Sequence[Finished], teachers: Sequence[Finished]) -> Iterator[Finished]:
        everyone = {model.record.run_id: model for model in [*teachers, *group]}
        run_metrics = {run_id: self.files.figures(model) for run_id, model in everyone.items()}
        standing_for_all = {model.spec.student: model for model in everyone.values()}
        candidates = {
            name: self.files.candidate(m, run_metrics[m.record.run_id]) for name, m in standing_for_all.items()
        }
        taking_part = [reference_candidate(group[0].spec.task)] if self.budget.reference else []
        with machine_lock("exclusive"):
            sessions = [self._session([*taking_part, *candidates.values()], mode) for mode in execution_modes()]
            footprints = {name: self._footprints(candidate) for name, candidate in candidates.items()}
        metrics = session_metadata(sessions, self.budget, self.sample)
        with tempfile.TemporaryDirectory() as raw:
            write_samples(Path(raw), sessions, metrics)
            for model in group:
                measured = _Measured(sessions, footprints[model.spec.student], metrics, Path(raw))
                self._log(model, run_metrics[model.record.run_id], measured)
                yield model

    def _session(self, candidates: list[Candidate], mode: ExecutionMode) -> SessionResult:
        """Held again where the control leaves 1."""
        session = Session(
            candidates=candidates,
            token_ids=self.sample.token_ids,
            texts=self.sample.texts,
            budget=self.budget,
            mode=mode,
        )
        for tries in range(1, self.budget.tries + 1):
            before = os.getloadavg()[0]
            samples = run_session(session)
            twice = samples[controlled([name for name in samples if name != CONTROL])]
            session_result = SessionResult(
                mode=mode,
                samples=samples,
                control=control(twice, samples[CONTROL]),
                tries=tries,
                load_before=before,
                load_after=os.getloadavg()[0],
            )
            if session_result.control.passed:
                break
        return session_result

    def _footprints(self, candidate: Candidate) -> dict[bool, Footprint]:
        """By whether INT8 serves."""
        folders, text = {False: candidate.bundle, True: candidate.int8_bundle}, self.sample.texts[0]
        return {int8: footprint(folder, text, self.budget.starts) for int8, folder in folders.items() if folder}

    def _log(self, model: Finished, run_metrics: Mapping[str, float], measured: _Measured) -> None:
        """An inference run with figures and raw samples; the figures on the training run and in its bundle too."""
        spec, store, sessions = model.spec, self.store, measured.sessions
        won = int8_won(spec.student, sessions[0], run_metrics)
        metrics = figures(spec.student, sessions, int8_serves=won)
        metrics |= costs(measured.footprints[won], metrics["throughput_text"] or 0.0) | {"onnx_int8_won": float(won)}
        tags = self.tags(spec, "inference") | {"key": model.key} | session_tags(sessions, self.budget)
        params = asdict(spec) | {f"machine_{name}": value for name, value in machine_fingerprint().items()}
        run = store.begin(spec.suite, f"{spec.name}.inference", tags=tags, params=params, parent=model.record.run_id)
        run.log_artifacts(measured.raw)
        store.add_metrics(model.record.run_id, metrics)
        latency = {name: value for name, value in metrics.items() if value is not None and name.endswith("_ms")}
        self.files.complete(model, won, {**latency, **measured.session_metadata})
        run.finish(dict(run_metrics) | metrics)
