"""Measurement of finished runs, one data set after another."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmark.bundle.files import INT8, MANIFEST
from benchmark.core.artifacts import BUNDLE, VARIANTS
from benchmark.core.spec import RunSpec
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.export.bundle_writer import complete_bundle
from benchmark.export.re_export import current_metrics, fetch_weights, upload_bundle
from benchmark.measurement.candidates import QUICK, Finished, Sample
from benchmark.measurement.footprint import Footprint, footprint
from benchmark.measurement.machine import machine_fingerprint, machine_lock
from benchmark.measurement.protocol import Budget
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
from benchmark.measurement.statistics import control
from benchmark.measurement.summary import (
    SessionResult,
    costs,
    figures,
    int8_won,
    session_metadata,
    session_tags,
    write_samples,
)
from tracking import Store

Tags = Callable[[RunSpec, str], dict[str, str]]
"""Tags of a run by spec and role."""


@dataclass(frozen=True)
class ModelFiles:
    """Of one data set's models, each in a folder of its own below `folder`."""

    store: Store
    suite_data: SuiteData
    folder: Path
    data: EncodedDataset

    def figures(self, model: Finished) -> Mapping[str, float]:
        """The run's, after what an earlier version exported was brought up to date."""
        return current_metrics(model.spec, model.record, self.store, self.suite_data, self._own(model))

    def candidate(self, model: Finished, known: Mapping[str, float]) -> Candidate:
        """`known` are the run's figures; they tell whether it has an INT8 form."""
        spec, own = model.spec, self._own(model)
        bundle = self.store.download(model.record.run_id, BUNDLE, own / "served")
        complete_bundle(bundle, int8=None, latency={})
        return Candidate(
            name=spec.student,
            task=spec.task,
            vocab_size=len(self.data.tokenizer),
            n_labels=len(self.data.corpus.labels),
            pad_id=self.data.encoded("test").pad_id,
            weights=fetch_weights(spec, model.record, self.store, own),
            bundle=bundle,
            int8_bundle=self._int8_bundle(model, bundle) if "size_onnx_int8_mib" in known else None,
        )

    def complete(self, model: Finished, int8_won: bool, latency: Mapping[str, object]) -> None:
        """The run's bundle learns its milliseconds, and takes the INT8 file where that won."""
        run_id, store = model.record.run_id, self.store
        folder = self._own(model) / "completed"
        folder.mkdir()
        store.download(run_id, f"{BUNDLE}/{MANIFEST}", folder)
        manifest = next(folder.rglob(MANIFEST))
        complete_bundle(manifest.parent, int8=self._int8(model) if int8_won else None, latency=latency)
        upload_bundle(store, run_id, manifest.parent)

    def _int8_bundle(self, model: Finished, bundle: Path) -> Path:
        copy = shutil.copytree(bundle, bundle.parent / "served_int8")
        complete_bundle(copy, int8=self._int8(model), latency={})
        return copy

    def _int8(self, model: Finished) -> Path:
        return self.store.download(model.record.run_id, f"{VARIANTS}/{INT8}", self._own(model))

    def _own(self, model: Finished) -> Path:
        path = self.folder / model.record.run_id
        path.mkdir(exist_ok=True)
        return path


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
