"""INT8 weights by dynamic quantisation: a quarter of the bytes, and faster or not: that is measured, never assumed."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmark.core.errors import RunError
from benchmark.export.fusion import node_counts

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
