"""The measuring stage, after all training: milliseconds of every finished model, as runs of their own.

All models of a data set and seed take turns on the same test sentences, on one thread, while nothing else of ours
runs. Each gets an inference run under its training run; its training run gets the figures too, so that one row of the
tracking UI holds everything.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

import students
from benchmark.data.entry import SPLITS
from benchmark.exam import BUNDLE, WEIGHTS
from benchmark.execute import Desk
from benchmark.learning.classroom import Classroom
from benchmark.learning.teacher import load_teacher
from benchmark.measuring.bundle import MODEL, Bundle
from benchmark.measuring.latency import (
    LATENCY_PROTOCOL,
    Subject,
    machine_lock,
    measure_latency,
    onnx_subject,
    summarize,
    torch_subject,
)
from benchmark.measuring.machine import machine_fingerprint
from benchmark.measuring.onnx_model import OnnxModel
from benchmark.spec import RunSpec, digest
from benchmark.storage import teacher_folder
from tracking import Record, Store

N_SENTENCES = 64
ROUNDS = 5
SAMPLE_SEED = 0

Samples = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A model to be measured: what was asked, and where it is kept."""

    spec: RunSpec
    record: Record

    @property
    def key(self) -> str:
        """Of its inference run: the same model on another machine or by another protocol is measured again."""
        return digest([self.spec.key, machine_fingerprint(), LATENCY_PROTOCOL])


def unmeasured(finished: Iterable[Finished], records: Iterable[Record]) -> list[Finished]:
    """Those without a finished inference run on this machine by this protocol."""
    known = {r.key for r in records if r.tags.get("role") == "inference" and r.status == "finished"}
    return [model for model in finished if model.key not in known]


def measure(models: list[Finished], desk: Desk) -> Iterator[Finished]:
    """Measures and logs; yields each model when its figures are kept."""
    groups: dict[tuple[str, int], list[Finished]] = defaultdict(list)
    for model in models:
        groups[model.spec.dataset, model.spec.seed].append(model)
    for (dataset, _), group in groups.items():
        room = desk.rooms.classroom(dataset)
        with machine_lock("exclusive"):
            samples = _samples(group, room, desk.store)
        for model in group:
            _log(model, {s: samples[f"{model.record.run_id} {s}"] for s in ("torch", "onnx", "text")}, desk)
            yield model


def _samples(group: list[Finished], room: Classroom, store: Store) -> Samples:
    """Milliseconds [rounds, sentences] by run id and scope."""
    rows = _sample(len(room.sentences("test")))
    texts = room.texts("test")
    chosen = [texts[row] for row in rows]
    sentences = room.sentences("test")
    pieces = [sentences.ids[sentences.offsets[row] : sentences.offsets[row + 1]].tolist() for row in rows]
    subjects: dict[str, Subject] = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in group:
            bundle = store.download(model.record.run_id, BUNDLE, Path(folder) / model.record.run_id)
            name = model.record.run_id
            subjects[f"{name} torch"] = torch_subject(_eager(model, room, store, Path(folder)), pieces)
            subjects[f"{name} onnx"] = onnx_subject(OnnxModel(bundle / MODEL), pieces)
            subjects[f"{name} text"] = _text_subject(Bundle.load(bundle), chosen)
        return measure_latency(subjects, len(rows), rounds=ROUNDS)


def _text_subject(bundle: Bundle, texts: list[str] | list[list[str]]) -> Subject:
    """Scope `text`: a string (or words) in, a label (or tags) out."""
    return lambda i: bundle.predict([texts[i]])  # type: ignore[list-item]


def _sample(n_rows: int) -> list[int]:
    """The same test rows for every model."""
    chosen = np.random.default_rng(SAMPLE_SEED).permutation(n_rows)[:N_SENTENCES]
    return [int(row) for row in chosen]


def _eager(model: Finished, room: Classroom, store: Store, folder: Path) -> nn.Module:
    spec, labels = model.spec, room.corpus.labels
    if spec.is_teacher:
        return load_teacher(str(teacher_folder(spec.key)), spec.task, len(labels)).eval()
    student = students.build(
        spec.student,
        task=spec.task,
        vocab_size=len(room.tokenizer),
        n_labels=len(labels),
        pad_id=room.sentences(SPLITS[0]).pad_id,
    )
    student.load_state_dict(load_file(store.download(model.record.run_id, WEIGHTS, folder / model.record.run_id)))
    return student.eval()


def _log(model: Finished, samples: Samples, desk: Desk) -> None:
    """An inference run with figures and raw samples, and the figures on the training run."""
    summaries = {scope: summarize(values) for scope, values in samples.items()}
    medians = {f"latency_{scope}_ms": summary.median_ms for scope, summary in summaries.items()}
    spreads = {f"latency_{scope}_spread": summary.spread for scope, summary in summaries.items()}
    spec = model.spec
    tags = desk.tags(spec, "inference") | {"key": model.key, "latency_protocol": LATENCY_PROTOCOL}
    params = asdict(spec) | {f"machine_{name}": value for name, value in machine_fingerprint().items()}
    run = desk.store.begin(
        spec.suite, f"{spec.name}.inference", tags=tags, params=params, parent=model.record.run_id
    )
    with tempfile.TemporaryDirectory() as folder:
        np.savez_compressed(Path(folder) / "latency_samples_ms.npz", **samples)
        run.log_artifacts(Path(folder))
    desk.store.add_metrics(model.record.run_id, medians)
    run.finish(dict(model.record.metrics) | medians | spreads)
