"""Re-export of runs of earlier versions, so that today's served form is measured."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

import students
from benchmark.bundle.files import MANIFEST
from benchmark.core.artifacts import BUNDLE, VARIANTS, WEIGHTS
from benchmark.core.spec import RunSpec
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher import load_teacher
from benchmark.distillation.teacher_outputs import fetch_model
from benchmark.distillation.trainer import predict
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.evaluate import backend
from benchmark.export.variants import export_variants
from tracking import Record, Store

KEPT = ("task", "max_length", "pad_id", "fallback_label", "spec", "scores", "sizes", "licences")
"""What an old manifest says and a new one repeats."""


def current_metrics(
    spec: RunSpec, record: Record, store: Store, suite_data: SuiteData, folder: Path
) -> Mapping[str, float]:
    """The run's figures, after its bundle and variants were brought up to date where they are of an earlier version."""
    manifest = json.loads(store.download(record.run_id, f"{BUNDLE}/{MANIFEST}", folder).read_text("utf-8"))
    if "opset" in manifest:
        return record.metrics
    data = suite_data.encoded_dataset(spec.dataset)
    model = trained_model(spec, data, fetch_weights(spec, record, store, folder))
    logits = predict(model, data.encoded("test"), device=torch.device("cpu"))
    variants = export_variants(model, data, folder, logits)
    new = {name: manifest[name] for name in KEPT}
    new["sizes"] |= {name: value for name, value in variants.figures.items() if name.startswith("size_")}
    write_bundle(folder / "new", model=variants.onnx, tokenizer=backend(data), labels=data.corpus.labels, **new)
    upload_bundle(store, record.run_id, folder / "new")
    store.add_artifacts(record.run_id, folder / VARIANTS, VARIANTS)
    store.add_metrics(record.run_id, variants.figures)
    return dict(record.metrics) | dict(variants.figures)


def upload_bundle(store: Store, run_id: str, folder: Path) -> None:
    """Moves a bundle's files to its run, the manifest last: it names the others, which are to be there by then."""
    with tempfile.TemporaryDirectory() as last:
        shutil.move(folder / MANIFEST, last)
        store.add_artifacts(run_id, folder, BUNDLE)
        store.add_artifacts(run_id, Path(last), BUNDLE)


def fetch_weights(spec: RunSpec, record: Record, store: Store, folder: Path) -> Path:
    """A student's file, copied into `folder`; a teacher's folder in the cache."""
    if spec.is_teacher:
        return fetch_model(store, record)
    return store.download(record.run_id, WEIGHTS, folder)


def trained_model(spec: RunSpec, data: EncodedDataset, weights: Path) -> nn.Module:
    """In PyTorch, on the CPU and in eval mode."""
    n_labels = len(data.corpus.labels)
    if spec.is_teacher:
        return load_teacher(str(weights), spec.task, n_labels).eval()
    student = students.build(
        spec.student,
        task=spec.task,
        vocab_size=len(data.tokenizer),
        n_labels=n_labels,
        pad_id=data.encoded("test").pad_id,
    )
    student.load_state_dict(load_file(weights))
    return student.eval()
