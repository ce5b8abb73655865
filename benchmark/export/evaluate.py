"""Evaluation on the test split and export of a trained model.

The test split is read here and nowhere else, once, with the weights that validation chose.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn

from benchmark.core.artifacts import BUNDLE, LABEL_SCORES, PREDICTIONS, TEACHER, WEIGHTS
from benchmark.core.spec import RunResult
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.scores import f1_per_label
from benchmark.distillation.teacher import Teacher
from benchmark.distillation.trainer import predict
from benchmark.distillation.training_run import TrainedModel, TrainingRun, score
from benchmark.export.bundle_writer import write_bundle
from benchmark.export.sizes import checkpoint_mib, count_parameters, size_mib
from benchmark.export.variants import export_variants


def evaluate_and_export(
    training_run: TrainingRun, trained: TrainedModel, folder: Path, teacher_test_f1: float | None
) -> RunResult:
    """Fills `folder` with the run's files and returns what the run came to.

    `teacher_test_f1` is None for the teacher itself. Raises RunError where the exported model is another one than the
    trained.
    """
    data, model = training_run.data, trained.model
    logits = predict(model, data.encoded("test"), device=training_run.device)
    model.cpu().eval()
    variants = export_variants(model, data, folder, logits)
    _write_weights(model, folder, data)
    _write_predictions(folder, data, logits)
    total, without_table = count_parameters(model)
    test_f1 = score(data, "test", logits)
    result = RunResult(
        learning_rate=trained.learning_rate,
        valid_f1=trained.valid_f1,
        test_f1=test_f1,
        teacher_test_f1=test_f1 if teacher_test_f1 is None else teacher_test_f1,
        n_parameters=total,
        n_parameters_non_embedding=without_table,
        size_checkpoint_mib=checkpoint_mib(model),
        size_weights_mib=size_mib(_weights_file(folder)),
        train_seconds=trained.history.train_seconds,
        steps_to_best=trained.history.steps_to_best,
        epochs=trained.history.epochs,
        sentences_per_second=trained.history.sentences_per_second,
        overhead_share=trained.history.overhead_share,
        n_texts=training_run.training_set.n_texts,
        label_count_std=training_run.training_set.label_count_std,
        **variants.figures,
        test_f1_per_label=_label_scores(data, logits),
    )
    _write_json(folder / LABEL_SCORES, result.test_f1_per_label)
    _write_bundle(training_run, result, variants.onnx, folder / BUNDLE)
    variants.onnx.unlink()
    return result


def _weights_file(folder: Path) -> Path:
    teacher = folder / TEACHER / "model.safetensors"
    return teacher if teacher.exists() else folder / WEIGHTS


def _write_weights(model: nn.Module, folder: Path, data: EncodedDataset) -> None:
    """safetensors alone, never pickle; the teacher's as `from_pretrained` reads them, tokenizer included."""
    if isinstance(model, Teacher):
        model.model.save_pretrained(folder / TEACHER)  # type: ignore[operator]
        data.tokenizer.save_pretrained(folder / TEACHER)
    else:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS)


def _write_predictions(folder: Path, data: EncodedDataset, logits: NDArray[np.float32]) -> None:
    """One JSON line a test sentence: the text, what is right, what was answered."""
    rows = zip(data.texts("test"), data.gold("test"), data.decode(logits, "test"), strict=True)
    lines = (json.dumps({"text": t, "gold": g, "predicted": p}, ensure_ascii=False) for t, g, p in rows)
    (folder / PREDICTIONS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _label_scores(data: EncodedDataset, logits: NDArray[np.float32]) -> dict[str, float]:
    return f1_per_label(data.gold("test"), data.decode(logits, "test"), data.corpus.metric, data.corpus.labels)


def _write_bundle(training_run: TrainingRun, result: RunResult, onnx: Path, folder: Path) -> None:
    data = training_run.data
    sizes = {name: value for name, value in result.metrics().items() if name.startswith(("size_", "n_parameters"))}
    write_bundle(
        folder,
        model=onnx,
        tokenizer=backend(data),
        labels=data.corpus.labels,
        task=data.corpus.task,
        max_length=data.max_length,
        pad_id=data.encoded("test").pad_id,
        fallback_label=data.corpus.labels[data.commonest],
        spec=asdict(training_run.spec),
        scores={"valid_f1": result.valid_f1, "test_f1": result.test_f1, "teacher_test_f1": result.teacher_test_f1},
        sizes=sizes,
        licences={"data": data.corpus.licence, "teacher": f"see {training_run.spec.teacher}"},
    )


def backend(data: EncodedDataset) -> Tokenizer:
    """The tokenizer without transformers around it."""
    return data.tokenizer.backend_tokenizer  # type: ignore[no-any-return]


def _write_json(path: Path, value: dict[str, float] | Sequence[str]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
