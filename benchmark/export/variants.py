"""Served forms of a model, ONNX in fp32 and INT8, each compared with PyTorch on the test split."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from benchmark.bundle.files import INT8, MODEL
from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.cache import write_atomic
from benchmark.core.errors import RunError
from benchmark.core.run_store import VARIANTS
from benchmark.data.entry import Split
from benchmark.distillation.encoding import UNALIGNED, EncodedDataset
from benchmark.distillation.tokenizer import vocabulary_size
from benchmark.distillation.training_run import score
from benchmark.export.calibration import calibration_error
from benchmark.export.onnx_export import MAX_LOGIT_GAP, export_onnx, max_logit_gap, node_counts

MIB = 2**20

QUANTISED = {
    "MatMul": "MatMulInteger",
    "Gemm": "MatMulInteger",
    "LSTM": "DynamicQuantizeLSTM",
    "Attention": "QAttention",
    "Gather": "DequantizeLinear",
    "EmbedLayerNormalization": "QEmbedLayerNormalization",
}
"""INT8 form of each operator with weights. Depthwise convolutions stay fp32: few weights, and INT8 slows them down."""
ALWAYS_QUANTISED = ("LSTM", "Attention", "EmbedLayerNormalization")
"""Operators that always have weights, so none may be left in fp32."""


def export_variants(
    model: nn.Module, data: EncodedDataset, folder: Path, logits: NDArray[np.float32], temperature: float = 1.0
) -> dict[str, Any]:
    """Writes `model.onnx` and `variants/model.int8.onnx` into `folder`; `logits` [A, C] are the model's on test,
    `temperature` that of its scores.

    Returns metrics by the names of RunResult, without those of INT8 where the encoder cannot be quantised. Raises
    RunError if the exported model differs from `model`.
    """
    fp32, int8 = folder / MODEL, folder / VARIANTS / INT8
    metrics = _export(model, fp32, data, logits)
    try:
        quantise(fp32, int8)
    except RunError:
        return metrics
    return metrics | int8_metrics(fp32, int8, data, metrics["onnx_test_f1"], temperature)


def int8_metrics(
    fp32: Path, int8: Path, data: EncodedDataset, test_f1: float, temperature: float = 1.0
) -> dict[str, float]:
    """Size, F1 and calibration of the INT8 form, and its loss of F1 on test, and on validation, which decides whether
    it serves.

    `test_f1` and `temperature` are those of fp32. INT8 scales belong to a batch: a prediction may change with the rest
    of its batch.
    """
    logits = variant_logits(int8, data, "test")
    int8_test_f1 = score(data, "test", logits)
    return {
        "size_onnx_int8_mib": size_mib(int8),
        "onnx_int8_test_f1": int8_test_f1,
        "onnx_int8_test_ece": calibration_error(logits, data.labels("test"), temperature),
        "onnx_int8_valid_f1_lost": variant_f1(fp32, data, "validation") - variant_f1(int8, data, "validation"),
        "onnx_int8_f1_lost": test_f1 - int8_test_f1,
    }


def variant_f1(file: Path, data: EncodedDataset, split: Split) -> float:
    """Macro-F1 in 0..1 of an ONNX file on a split."""
    return score(data, split, variant_logits(file, data, split))


def variant_logits(file: Path, data: EncodedDataset, split: Split) -> NDArray[np.float32]:
    """[A, C] logits of an ONNX file on a split, NaN for words without a token."""
    encoded = data.encoded(split)
    token_ids = [ids.tolist() for ids in np.split(encoded.ids, encoded.offsets[1:-1])]
    by_sentence = OnnxModel(file).predict(token_ids, pad_id=encoded.pad_id)
    sentences = np.repeat(np.arange(len(encoded)), np.diff(encoded.target_offsets))
    logits = np.full((len(sentences), len(data.corpus.labels)), np.nan, dtype=np.float32)
    for target in np.flatnonzero(encoded.positions != UNALIGNED):
        logits[target] = np.atleast_2d(by_sentence[sentences[target]])[encoded.positions[target]]
    return logits


def size_mib(file: Path) -> float:
    """MiB (2**20 bytes) of a file."""
    return file.stat().st_size / MIB


def quantise(model: Path, path: Path) -> None:
    """Writes the INT8 form of the ONNX file `model`, atomically.

    Raises RunError if an operator stayed in fp32, which the library does not report.
    """

    def write(draft: Path) -> None:
        with _silenced_logging():
            quantize_dynamic(
                str(model),
                str(draft),
                op_types_to_quantize=list(QUANTISED),
                weight_type=QuantType.QInt8,
                # Shape inference does not know the types behind fused nodes.
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        _require_quantised(node_counts(model), node_counts(draft))

    write_atomic(path, write)


def _export(model: nn.Module, path: Path, data: EncodedDataset, logits: NDArray[np.float32]) -> dict[str, float]:
    """Exports and compares: on random batches (largest difference of a logit) and on the test split."""
    export_onnx(model, path)
    gap = max_logit_gap(model, path, vocabulary_size(data.tokenizer), pad_id=data.encoded("test").pad_id)
    exported = variant_logits(path, data, "test")
    n_differing = _n_differing(exported, logits)
    if not gap <= MAX_LOGIT_GAP or n_differing:
        raise RunError(
            f"The ONNX export is another model: logits differ by {gap:.2g} (at most {MAX_LOGIT_GAP:g} is allowed), "
            f"{n_differing} of {len(logits)} test predictions differ."
        )
    return {
        "onnx_max_logit_gap": gap,
        "onnx_test_f1": score(data, "test", exported),
        "size_onnx_mib": size_mib(path),
    }


def _n_differing(exported: NDArray[np.float32], logits: NDArray[np.float32]) -> int:
    """Number of predictions that differ; a tie within the allowed gap is no difference."""
    seen = np.flatnonzero(~np.isnan(logits[:, 0]))
    lead = logits[seen].max(axis=1) - logits[seen, exported[seen].argmax(axis=1)]
    return int((lead > 2 * MAX_LOGIT_GAP).sum())


def _require_quantised(before: Counter[str], after: Counter[str]) -> None:
    left = [name for name in ALWAYS_QUANTISED if after[name]]
    missing = [QUANTISED[name] for name in ALWAYS_QUANTISED if before[name] and not after[QUANTISED[name]]]
    if left or missing or not after["MatMulInteger"]:
        raise RunError(f"Quantisation left {', '.join(left) or 'every matrix product'} in fp32: {dict(after)}.")


@contextmanager
def _silenced_logging() -> Iterator[None]:
    """Hides the library's advice to pre-process the model, which fusion has done; it uses the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
