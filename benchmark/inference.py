"""The measuring stage, after all training: what each finished model costs, as runs of their own.

All models of a data set take turns on the same test sentences while nothing else of ours runs. Runs of one student that
differ in how it was taught are one network to a clock: one of them is measured and stands for all. Every run gets an
inference run under it, and the figures itself too, so that one row of the tracking UI holds everything.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.exam import BUNDLE
from benchmark.execute import Desk
from benchmark.figures import Taken, costs, figures, int8_won
from benchmark.learning.classroom import Classroom
from benchmark.measuring.bundle_files import INT8, MANIFEST
from benchmark.measuring.bundle_writer import complete_bundle
from benchmark.measuring.footprint import Footprint, footprint
from benchmark.measuring.latency import BUDGETS, LATENCY_PROTOCOL, Budget
from benchmark.measuring.lock import machine_lock
from benchmark.measuring.machine import machine_fingerprint
from benchmark.measuring.speed import control
from benchmark.renewal import current_figures, fetch_weights, keep_bundle
from benchmark.reporting.results import INVALID
from benchmark.session import CONTROL, Entrant, Lane, Session, controlled, hold, lanes, reference_entrant
from benchmark.spec import RunSpec, digest
from benchmark.variants import VARIANTS
from tracking import Record

SAMPLE_SEED = 0
QUICK = BUDGETS["quick"]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A model to be measured: what was asked, and where it is kept."""

    spec: RunSpec
    record: Record

    @property
    def key(self) -> str:
        """Of its inference run: the same model on another machine or by another protocol is measured again."""
        return digest([self.record.key, machine_fingerprint(), LATENCY_PROTOCOL])


def unmeasured(finished: Iterable[Finished], records: Iterable[Record], budget: Budget = QUICK) -> list[Finished]:
    """Those without a finished inference run on this machine by this protocol, with this budget or the full one.

    A model taught anew is another one.
    """
    enough = {budget.name, "full"}
    known = {
        (record.key, record.parent)
        for record in records
        if record.tags.get("role") == "inference"
        and record.status == "finished"
        and record.tags.get("latency_budget") in enough
    }
    return [model for model in finished if (model.key, model.record.run_id) not in known]


def measure(
    models: Iterable[Finished], desk: Desk, *, budget: Budget = QUICK, beside: Iterable[Finished] = ()
) -> Iterator[Finished]:
    """Measures and logs; yields each model when its figures are kept.

    `beside` are teachers, which take part as baselines where they are none of `models`.
    """
    groups: dict[str, list[Finished]] = defaultdict(list)
    for model in models:
        groups[model.spec.dataset].append(model)
    for dataset, group in groups.items():
        teachers = [model for model in beside if model.spec.dataset == dataset][:1]
        with tempfile.TemporaryDirectory() as folder:
            yield from _Stage(desk, budget, Path(folder), desk.rooms.classroom(dataset)).measure(group, teachers)


@dataclass(frozen=True)
class _Stage:
    """One data set's."""

    desk: Desk
    budget: Budget
    folder: Path
    room: Classroom

    def measure(self, group: Sequence[Finished], teachers: Sequence[Finished]) -> Iterator[Finished]:
        everyone = {m.record.run_id: m for m in [*teachers, *group]}
        known = {i: current_figures(m.spec, m.record, self.desk, self._own(m)) for i, m in everyone.items()}
        standing_for_all = {m.spec.student: m for m in everyone.values()}
        entrants = {name: self._entrant(m, known[m.record.run_id]) for name, m in standing_for_all.items()}
        taking_part = [reference_entrant(group[0].spec.task)] if self.budget.reference else []
        rows = _sample(len(self.room.sentences("test")), self.budget.n_sentences)
        with machine_lock("exclusive"):
            sessions = [self._session([*taking_part, *entrants.values()], rows, lane) for lane in lanes()]
            prints = {name: self._footprints(entrant, rows) for name, entrant in entrants.items()}
        for model in group:
            self._log(model, sessions, prints[model.spec.student], known[model.record.run_id], rows)
            yield model

    def _own(self, model: Finished) -> Path:
        path = self.folder / model.record.run_id
        path.mkdir(exist_ok=True)
        return path

    def _entrant(self, model: Finished, known: Mapping[str, float]) -> Entrant:
        spec, store, own = model.spec, self.desk.store, self._own(model)
        bundle = store.download(model.record.run_id, BUNDLE, own / "served")
        complete_bundle(bundle, int8=None, latency={})
        return Entrant(
            name=spec.student,
            task=spec.task,
            vocab_size=len(self.room.tokenizer),
            n_labels=len(self.room.corpus.labels),
            pad_id=self.room.sentences("test").pad_id,
            weights=fetch_weights(spec, model.record, self.desk, own),
            bundle=bundle,
            int8_bundle=self._int8_bundle(model, bundle) if "size_onnx_int8_mib" in known else None,
        )

    def _int8_bundle(self, model: Finished, bundle: Path) -> Path:
        copy = shutil.copytree(bundle, bundle.parent / "served_int8")
        complete_bundle(copy, int8=self._int8(model), latency={})
        return copy

    def _int8(self, model: Finished) -> Path:
        return self.desk.store.download(model.record.run_id, f"{VARIANTS}/{INT8}", self._own(model))

    def _session(self, entrants: list[Entrant], rows: list[int], lane: Lane) -> Taken:
        """Held again where the control leaves 1."""
        sentences, texts = self.room.sentences("test"), self.room.texts("test")
        session = Session(
            entrants=entrants,
            pieces=[sentences.ids[sentences.offsets[row] : sentences.offsets[row + 1]].tolist() for row in rows],
            texts=[texts[row] if isinstance(texts[row], str) else " ".join(texts[row]) for row in rows],
            budget=self.budget,
            lane=lane,
        )
        for tries in range(1, self.budget.tries + 1):
            before = os.getloadavg()[0]
            samples = hold(session)
            twice = samples[controlled([name for name in samples if name != CONTROL])]
            taken = Taken(
                lane=lane,
                samples=samples,
                control=control(twice, samples[CONTROL]),
                tries=tries,
                load_before=before,
                load_after=os.getloadavg()[0],
            )
            if taken.control.passed:
                break
        return taken

    def _footprints(self, entrant: Entrant, rows: list[int]) -> dict[bool, Footprint]:
        """By whether INT8 serves."""
        text = self.room.texts("test")[rows[0]]
        text = text if isinstance(text, str) else " ".join(text)
        folders = {False: entrant.bundle, True: entrant.int8_bundle}
        return {int8: footprint(folder, text, self.budget.starts) for int8, folder in folders.items() if folder}

    def _log(
        self,
        model: Finished,
        sessions: Sequence[Taken],
        prints: Mapping[bool, Footprint],
        known: Mapping[str, float],
        rows: list[int],
    ) -> None:
        """An inference run with figures and raw samples; the figures on the training run and in its bundle too."""
        spec, store = model.spec, self.desk.store
        won = int8_won(spec.student, sessions[0], known)
        told = figures(spec.student, sessions, int8_serves=won)
        told |= costs(prints[won], told["throughput_text"] or 0.0) | {"onnx_int8_won": float(won)}
        about = self._about(sessions, rows)
        tags = self.desk.tags(spec, "inference") | {"key": model.key, "latency_protocol": LATENCY_PROTOCOL}
        tags |= {"latency_budget": self.budget.name, "latency_control": "passed" if _passed(sessions) else "failed"}
        tags |= invalidity(sessions[0])
        params = asdict(spec) | {f"machine_{name}": value for name, value in machine_fingerprint().items()}
        run = store.begin(spec.suite, f"{spec.name}.inference", tags=tags, params=params, parent=model.record.run_id)
        run.log_artifacts(self._raw(sessions, about))
        store.add_metrics(model.record.run_id, told)
        self._complete(model, won, {n: v for n, v in told.items() if v is not None and n.endswith("_ms")} | about)
        run.finish(dict(known) | told)

    def _raw(self, sessions: Sequence[Taken], about: Mapping[str, object]) -> Path:
        """latency_samples_ms.npz: each subject's passes [P, n] and the round of each; latency_session.json."""
        folder = self.folder / "raw"
        if not folder.exists():
            folder.mkdir()
            for taken in sessions:
                arrays: dict[str, Any] = {name: samples.passes for name, samples in taken.samples.items()}
                arrays |= {f"{name} rounds": samples.rounds for name, samples in taken.samples.items()}
                np.savez_compressed(folder / f"latency_samples{taken.lane.suffix}_ms.npz", **arrays)
            (folder / "latency_session.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        return folder

    def _about(self, sessions: Sequence[Taken], rows: list[int]) -> dict[str, Any]:
        """What a number has to be read with."""
        lengths = self.room.sentences("test").lengths[rows]
        texts = json.dumps([self.room.texts("test")[row] for row in rows], ensure_ascii=False)
        return {
            "protocol": LATENCY_PROTOCOL,
            "budget": asdict(self.budget),
            "machine": machine_fingerprint(),
            "dtype": "float32",
            "sample_sha256": hashlib.sha256(texts.encode()).hexdigest(),
            "pieces_quantiles": [float(q) for q in np.percentile(lengths, [0, 25, 50, 75, 100])],
            "sessions": [_told(taken) for taken in sessions],
        }

    def _complete(self, model: Finished, won: bool, latency: Mapping[str, object]) -> None:
        """The run's bundle learns its milliseconds, and takes the INT8 file where that won."""
        run_id, store = model.record.run_id, self.desk.store
        folder = self._own(model) / "completed"
        folder.mkdir()
        store.download(run_id, f"{BUNDLE}/{MANIFEST}", folder)
        manifest = next(folder.rglob(MANIFEST))
        complete_bundle(manifest.parent, int8=self._int8(model) if won else None, latency=latency)
        keep_bundle(store, run_id, manifest.parent)


def _told(taken: Taken) -> dict[str, object]:
    lane, same = asdict(taken.lane), asdict(taken.control) | {"passed": taken.control.passed}
    loads = {"load_before": taken.load_before, "load_after": taken.load_after}
    return lane | {"control": same, "tries": taken.tries} | loads


def invalidity(taken: Taken) -> dict[str, str]:
    """The tag that keeps milliseconds out of every table where the control failed on the last try; else empty."""
    if taken.control.passed:
        return {}
    same = taken.control.ratio
    return {
        INVALID: f"one model under two names was {same.value:.3f} [{same.low:.3f}, {same.high:.3f}] times as fast as "
        f"itself in the last of {taken.tries} tries: the machine was not quiet; "
        "python -m benchmark.latency --again measures anew"
    }


def _passed(sessions: Sequence[Taken]) -> bool:
    return all(taken.control.passed for taken in sessions)


def _sample(n_rows: int, n_sentences: int) -> list[int]:
    """The same test rows for every model."""
    chosen = np.random.default_rng(SAMPLE_SEED).permutation(n_rows)[:n_sentences]
    return [int(row) for row in chosen]
