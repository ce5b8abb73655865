"""Evaluation on the test split of a trained model, which is exported too, of a teacher's outputs, and of a baseline.

The test split is read here and nowhere else, once, with the weights that validation chose.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import compress
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from benchmark.bundle import Bundle
from benchmark.bundle.files import MODEL, write_json
from benchmark.bundle.slim import slim_bytes
from benchmark.core.metrics import METRICS
from benchmark.core.result import RunResult
from benchmark.core.run_store import BASELINE, BUNDLE, LABEL_SCORES, PREDICTIONS, TEACHER_MODEL, WEIGHTS
from benchmark.data.corpus import Corpus
from benchmark.data.entry import SPLITS
from benchmark.data.pool import HELD_OUT, n_shared
from benchmark.distillation.baseline_fit import FittedBaseline
from benchmark.distillation.batching import predict
from benchmark.distillation.encoding import EncodedDataset
from benchmark.distillation.scores import f1_per_label, macro_f1
from benchmark.distillation.teacher import Teacher
from benchmark.distillation.teacher_logits import TeacherLogits
from benchmark.distillation.training_run import TrainedModel, TrainingRun, score
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.calibration import calibration_error, fit_temperature
from benchmark.export.tokenizer_parity import require_same_ids
from benchmark.export.transformers_model import write_transformers_model
from benchmark.export.variants import MIB, export_variants, size_mib
from benchmark.reporting.bootstrap import Resampler, Target, bounds
from students.baselines import save_baseline
from students.bert import BertStudent

FP32_BYTES = 4
MIN_TEST_SHARE = 0.5
"""Least share of the test texts with outputs for a teacher's F1: a few say nothing of the others."""
SCORES = tuple(metric.name for metric in METRICS if metric.group == "score")
"""Metrics in a bundle's manifest."""


def evaluate_and_export(
    training_run: TrainingRun, trained: TrainedModel, folder: Path, teacher_test_f1: float | None
) -> RunResult:
    """Fills `folder` with the run's files and returns its result.

    `teacher_test_f1` is None for the teacher itself, and where it lacks outputs of test texts. Raises RunError if the
    exported model differs from the trained, or its tokenizer from that of training.
    """
    data, model, corpus = training_run.data, trained.model, training_run.data.corpus
    logits = predict(model, data.encoded("test"), device=training_run.device)
    model.cpu().eval()
    temperature = fit_temperature(trained.valid_logits, data.labels("validation"))
    variant_metrics: dict[str, Any] = export_variants(model, data, folder, logits, temperature)
    weights = _write_weights(model, folder, data)
    gold, predicted = data.gold("test"), data.decode(logits, "test")
    scores = _write_scores(folder, corpus, data.texts("test"), gold, predicted)
    total, without_table = count_parameters(model)
    result = RunResult(
        **scores,
        valid_f1=trained.valid_f1 if corpus.has_gold("validation") or not training_run.spec.is_teacher else None,
        teacher_test_f1=scores["test_f1"] if training_run.spec.is_teacher else teacher_test_f1,
        n_parameters=total,
        n_parameters_non_embedding=without_table,
        size_checkpoint_mib=checkpoint_mib(model),
        size_weights_mib=size_mib(weights),
        **_training_metrics(training_run, trained),
        calibration_temperature=temperature,
        test_ece=calibration_error(logits, data.labels("test"), temperature),
        test_ece_uncalibrated=calibration_error(logits, data.labels("test")),
        **variant_metrics,
    )
    _write_bundle(training_run, result, _interval(training_run, gold, predicted), folder)
    if isinstance(model, BertStudent):
        write_transformers_model(model, data, folder / BUNDLE, temperature)
    (folder / MODEL).unlink()
    return replace(result, size_bundle_mib=slim_bytes(folder / BUNDLE) / MIB)


def evaluate_logits(logits: TeacherLogits, data: EncodedDataset, folder: Path, device: torch.device) -> RunResult:
    """Fills `folder` with the files of a teacher without a model and returns its result, which has no size.

    Its test F1 is over the texts that have outputs; None if they are less than MIN_TEST_SHARE.
    """
    valid, test = logits.logits("validation", device), logits.logits("test", device)
    answered = [bool(np.isfinite(part).any()) for part in np.split(test, data.encoded("test").target_offsets[1:-1])]
    share = fmean(answered)
    scored = answered if share >= MIN_TEST_SHARE else [False] * len(answered)
    gold, predicted = (list(compress(names, scored)) for names in (data.gold("test"), data.decode(test, "test")))
    scores = _write_scores(folder, data.corpus, compress(data.texts("test"), scored), gold, predicted)
    return RunResult(
        **scores,
        valid_f1=score(data, "validation", valid) if data.corpus.has_gold("validation") else None,
        teacher_test_f1=scores["test_f1"] if share == 1 else None,  # students are scored on all of them
        test_share=share if share < 1 else None,
    )


def evaluate_baseline(
    run: TrainingRun, fitted: FittedBaseline, folder: Path, teacher_test_f1: float | None
) -> RunResult:
    """Fills `folder` with the run's files and returns its result, without what baselines lack: ONNX, INT8, a bundle."""
    texts = run.data.texts("test")
    scores = _write_scores(folder, run.data.corpus, texts, run.data.gold("test"), fitted.model.predict(texts))
    save_baseline(fitted.model, run.spec.student, folder / BASELINE)
    return RunResult(
        **scores,
        valid_f1=fitted.valid_f1,
        teacher_test_f1=teacher_test_f1,
        n_parameters=fitted.model.n_parameters,
        size_bundle_mib=sum(size_mib(file) for file in (folder / BASELINE).iterdir()),
        train_seconds=fitted.train_seconds,
        n_texts=fitted.n_texts,
    )


def _training_metrics(training_run: TrainingRun, trained: TrainedModel) -> dict[str, Any]:
    """Fields of RunResult about training; none for a teacher that is used as it is."""
    if training_run.spec.is_as_is:
        return {}
    history, training_set = trained.history, training_run.training_set
    return {
        "learning_rate": trained.learning_rate,
        "train_seconds": history.train_seconds,
        "steps_to_best": history.steps_to_best,
        "epochs": history.epochs,
        "sentences_per_second": history.sentences_per_second,
        "overhead_share": history.overhead_share,
        "n_texts": training_set.n_texts,
        "label_count_std": training_set.label_count_std,
    }


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """Parameters in total, and without the word-embedding table (the nn.Embedding with the most rows).

    Shared parameters count once. Position and segment embeddings are in both numbers, as in the paper's Table 7.
    """
    total = sum(parameter.numel() for parameter in model.parameters())
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    words = max(tables, key=lambda table: table.num_embeddings).weight.numel() if tables else 0
    return total, total - words


def checkpoint_mib(model: nn.Module) -> float:
    """MiB of a training checkpoint, computed: fp32 weights and Adam's two moments.

    It is the "original size" of the paper's Table 8: 38.40 MB = 3 x 3.35 M x 4 B / 2**20, three times its ONNX file.
    Names and headers of a real file (under 1 % for every student) depend on the library and are not counted.
    """
    return 3 * FP32_BYTES * count_parameters(model)[0] / MIB


def _write_weights(model: nn.Module, folder: Path, data: EncodedDataset) -> Path:
    """Writes safetensors, never pickle; the teacher's as `from_pretrained` reads them, tokenizer included."""
    if isinstance(model, Teacher):
        model.model.save_pretrained(folder / TEACHER_MODEL)  # type: ignore[operator]
        data.tokenizer.save_pretrained(folder / TEACHER_MODEL)
        return folder / TEACHER_MODEL / "model.safetensors"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS)
    return folder / WEIGHTS


def _write_scores(
    folder: Path, corpus: Corpus, texts: Iterable[Any], gold: Sequence[Any], predicted: Sequence[Any]
) -> dict[str, Any]:
    """Writes predictions (a JSON line per test text) and F1 by label; returns the fields of RunResult on test F1."""
    rows = zip(texts, gold, predicted, strict=True)
    lines = [json.dumps({"text": t, "gold": g, "predicted": p}, ensure_ascii=False) + "\n" for t, g, p in rows]
    (folder / PREDICTIONS).write_text("".join(lines), encoding="utf-8")
    by_label = f1_per_label(gold, predicted, corpus.metric, corpus.labels) if gold else {}
    write_json(folder / LABEL_SCORES, by_label)
    test_f1 = macro_f1(gold, predicted, corpus.metric, corpus.labels) if gold else None
    return {"test_f1": test_f1, "test_f1_per_label": by_label}


def _interval(training_run: TrainingRun, gold: Sequence[Target], predicted: Sequence[Target]) -> dict[str, float]:
    """The 95 % interval of test F1 over test items, from the resamples of reports."""
    spec = training_run.spec
    resampler = Resampler(training_run.data.corpus.metric, gold, f"{spec.suite}/{spec.dataset}")
    return dict(zip(("test_f1_low", "test_f1_high"), bounds(resampler.f1(predicted)[1:]), strict=True))


def _write_bundle(training_run: TrainingRun, result: RunResult, interval: dict[str, float], folder: Path) -> None:
    data, corpus, metrics = training_run.data, training_run.data.corpus, result.metrics()
    write_bundle(
        folder / BUNDLE,
        model=folder / MODEL,
        tokenizer=data.tokenizer.backend_tokenizer,
        labels=corpus.labels,
        task=corpus.task,
        max_length=data.max_length,
        pad_id=data.encoded("test").pad_id,
        fallback_label=corpus.labels[data.commonest],
        temperature=metrics["calibration_temperature"],
        metric=corpus.metric,
        spec=asdict(training_run.spec)
        | {name: getattr(training_run, name) for name in ("teacher_setting", "teacher_training", "teacher_folders")},
        scores={name: value for name, value in metrics.items() if name in SCORES} | interval,
        sizes={name: n for name, n in metrics.items() if name.startswith(("size_", "n_parameters"))},
        licences={"data": corpus.licence, "teacher": f"see {training_run.spec.teacher}"},
        data={
            "source": corpus.source,
            "rows": {split: len(corpus.splits[split]) for split in SPLITS},
            "in_train": {split: n_shared(corpus, split, "train") for split in HELD_OUT},
        },
        check=lambda draft: require_same_ids(Bundle.load(draft), data),
    )
