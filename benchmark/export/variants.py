"""Served forms of a model, ONNX in fp32 and INT8, each compared with PyTorch on the test split."""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from benchmark.bundle.files import INT8, MODEL
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.artifacts import VARIANTS
from benchmark.core.errors import RunError
from benchmark.data.entry import Split
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.encoding import UNALIGNED
from benchmark.distillation.training_run import score
from benchmark.export.onnx_export import MAX_LOGIT_GAP, export_onnx, max_logit_gap, node_counts
from benchmark.export.sizes import size_mib


@dataclass(frozen=True, kw_only=True)
class Variants:
    """The files, and their figures by the names of RunResult. `int8` is None where the encoder cannot be quantised."""

    onnx: Path
    int8: Path | None
    figures: Mapping[str, float]


def export_variants(model: nn.Module, data: EncodedDataset, folder: Path, logits: NDArray[np.float32]) -> Variants:
    """Writes `model.onnx` and `variants/model.int8.onnx` into `folder`; `logits` [A, C] are the model's on test.

    Raises RunError where the exported model is another one than the trained.
    """
    onnx = folder / MODEL
    figures = _export(model, onnx, data, logits) | {"size_onnx_mib": size_mib(onnx)}
    int8 = quantised(onnx, folder / VARIANTS / INT8)
    more = int8_metrics(onnx, int8, data, figures["onnx_test_f1"]) if int8 else {}
    return Variants(onnx=onnx, int8=int8, figures=figures | more)


def quantised(onnx: Path, path: Path) -> Path | None:
    """The INT8 form of `onnx` at `path`; None where this network has none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        quantise(onnx, path)
    except RunError:
        return None
    return path


def int8_metrics(onnx: Path, int8: Path, data: EncodedDataset, test_f1: float) -> dict[str, float]:
    """Size and F1 of the INT8 form, and what it loses on validation, which decides whether it serves, and on test.

    `test_f1` is the fp32 form's. INT8 scales belong to a batch: an answer may change with what is beside it.
    """
    int8_test_f1 = variant_f1(int8, data, "test")
    return {
        "size_onnx_int8_mib": size_mib(int8),
        "onnx_int8_test_f1": int8_test_f1,
        "onnx_int8_valid_f1_lost": variant_f1(onnx, data, "validation") - variant_f1(int8, data, "validation"),
        "onnx_int8_f1_lost": test_f1 - int8_test_f1,
    }


def variant_f1(file: Path, data: EncodedDataset, split: Split) -> float:
    """Macro-F1 in 0..1 of an ONNX file on a split."""
    answers = _answers(file, data, split)
    votes = np.full((len(answers), len(data.corpus.labels)), np.nan, dtype=np.float32)
    seen = answers != UNALIGNED
    votes[seen] = np.eye(votes.shape[1], dtype=np.float32)[answers[seen]]
    return score(data, split, votes)


def _export(model: nn.Module, onnx: Path, data: EncodedDataset, logits: NDArray[np.float32]) -> dict[str, float]:
    """Exports and compares: on random batches (the largest difference of a logit) and on the test split."""
    pad_id = data.encoded("test").pad_id
    export_onnx(model, onnx)
    gap = max_logit_gap(model, onnx, len(data.tokenizer), pad_id=pad_id)
    differing = _n_differing(_answers(onnx, data, "test"), logits)
    if not gap <= MAX_LOGIT_GAP or differing:
        raise RunError(
            f"The ONNX export is another model: logits differ by {gap:.2g} (at most {MAX_LOGIT_GAP:g} is allowed), "
            f"{differing} of {len(logits)} test answers differ."
        )
    return {"onnx_max_logit_gap": gap, "onnx_test_f1": variant_f1(onnx, data, "test")}


def _n_differing(answers: NDArray[np.int64], logits: NDArray[np.float32]) -> int:
    """How many answers are not the likeliest by `logits`; a tie within the allowed gap is no difference."""
    seen = np.flatnonzero(~np.isnan(logits[:, 0]))
    lead = logits[seen].max(axis=1) - logits[seen, answers[seen]]
    return int((lead > 2 * MAX_LOGIT_GAP).sum())


def _answers(file: Path, data: EncodedDataset, split: Split) -> NDArray[np.int64]:
    """[A] label ids that an ONNX file gives on a split, UNALIGNED for a word that it cannot see."""
    encoded = data.encoded(split)
    token_ids = [ids.tolist() for ids in np.split(encoded.ids, encoded.offsets[1:-1])]
    told = [np.atleast_1d(answer) for answer in OnnxModel(file).predict(token_ids, pad_id=encoded.pad_id)]
    counts = np.diff(encoded.target_offsets)
    of_sentence = np.repeat(np.arange(len(counts)), counts)
    answers = np.full(len(of_sentence), UNALIGNED, dtype=np.int64)
    for answer in np.flatnonzero(encoded.positions != UNALIGNED):
        answers[answer] = told[of_sentence[answer]][encoded.positions[answer]]
    return answers


QUANTISED = {
    "MatMul": "MatMulInteger",
    "Gemm": "MatMulInteger",
    "LSTM": "DynamicQuantizeLSTM",
    "Attention": "QAttention",
    "Gather": "DequantizeLinear",
    "EmbedLayerNormalization": "QEmbedLayerNormalization",
}
"""What each operator with weights becomes. Depthwise convolutions stay fp32: few weights, and INT8 slows them down."""
MUST_TURN = ("LSTM", "Attention", "EmbedLayerNormalization")
"""Operators that always carry weights: none may be left."""


def quantise(model: Path, path: Path) -> None:
    """Writes the INT8 form of the ONNX file `model`, atomically.

    Raises RunError where an operator was passed over, which the library does without a word.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _quantise(model, unfinished)
        _require_turned(node_counts(model), node_counts(unfinished))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _quantise(model: Path, path: Path) -> None:
    with _quiet():
        quantize_dynamic(
            str(model),
            str(path),
            op_types_to_quantize=list(QUANTISED),
            weight_type=QuantType.QInt8,
            # Shape inference does not know the types behind fused nodes.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def _require_turned(before: Counter[str], after: Counter[str]) -> None:
    left = [name for name in MUST_TURN if after[name]]
    missing = [QUANTISED[name] for name in MUST_TURN if before[name] and not after[QUANTISED[name]]]
    if left or missing or not after["MatMulInteger"]:
        raise RunError(f"Quantisation left {', '.join(left) or 'every matrix product'} in fp32: {dict(after)}.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Its advice goes through the root logger: to pre-process, which fusing has done."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
