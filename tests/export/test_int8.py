from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from benchmark.bundle.onnx_model import OnnxModel
from benchmark.core.errors import RunError
from benchmark.export.onnx_export import export_onnx, node_counts
from benchmark.export.variants import quantise
from students import build
from tests.support import every_student

VOCAB_SIZE = 2000
TASKS = ("classification", "sequence_labeling")
EXPECTED = {
    "bilstm": {"DynamicQuantizeLSTM": 1, "LSTM": 0, "Gemm": 0},
    "cnn": {"MatMulInteger": 7, "MatMul": 0, "Gemm": 0, "Conv": 6, "ConvInteger": 0},
    "bert_tiny": {"QAttention": 2, "Attention": 0, "QEmbedLayerNormalization": 1, "MatMul": 0},
    "bert_mini": {"QAttention": 4, "Attention": 0, "QEmbedLayerNormalization": 1, "MatMul": 0},
    "bert_small": {"QAttention": 4, "Attention": 0, "QEmbedLayerNormalization": 1, "MatMul": 0},
    "bilstm_small": {"DynamicQuantizeLSTM": 1, "LSTM": 0, "Gemm": 0},
    "static": {"MatMulInteger": 2, "DequantizeLinear": 3, "MatMul": 0, "Gemm": 0},
}
"""Nodes of each operator type that the INT8 form has to hold; every student has a line here."""


@pytest.mark.parametrize("task", TASKS)
@every_student
def test_every_students_weights_turn_to_int8(name: str, task: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = build(name, task=task, vocab_size=VOCAB_SIZE, n_labels=5)
    export_onnx(student, tmp_path / "model.onnx")
    quantise(tmp_path / "model.onnx", tmp_path / "int8.onnx")
    counts = node_counts(tmp_path / "int8.onnx")
    assert {operator: counts[operator] for operator in EXPECTED[name]} == EXPECTED[name]
    sizes = [(tmp_path / file).stat().st_size for file in ("int8.onnx", "model.onnx")]
    assert sizes[0] < 0.35 * sizes[1]


HAS_VNNI = "vnni" in Path("/proc/cpuinfo").read_text()
"""Without these instructions onnxruntime adds products of 8-bit numbers in 16 bits, which saturate: a larger error."""


@every_student
def test_int8_answers_much_like_fp32(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    export_onnx(build(name, task="classification", vocab_size=VOCAB_SIZE, n_labels=5), tmp_path / "model.onnx")
    quantise(tmp_path / "model.onnx", tmp_path / "int8.onnx")
    ids = np.random.default_rng(0).integers(0, VOCAB_SIZE, (8, 20))
    plain, int8 = (OnnxModel(tmp_path / f).logits(ids, np.ones_like(ids)) for f in ("model.onnx", "int8.onnx"))
    assert np.abs(plain - int8).max() < (0.2 if HAS_VNNI else 0.4) * np.abs(plain).max()


def test_quantisation_that_did_nothing_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    """Weights behind an Identity, as a newer exporter leaves them: the library passes over such an LSTM in silence."""
    _save_hidden_weights(tmp_path / "model.onnx")
    with pytest.raises(RunError, match="Quantisation left every matrix product in fp32"):
        quantise(tmp_path / "model.onnx", tmp_path / "int8.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


def test_an_lstm_that_was_passed_over_is_an_error(tmp_path: Path) -> None:
    export_onnx(build("bilstm", task="classification", vocab_size=50, n_labels=2), tmp_path / "model.onnx")
    network = onnx.load(tmp_path / "model.onnx")
    for node in [node for node in network.graph.node if node.op_type == "LSTM"]:
        hidden = f"{node.input[1]}_hidden"
        network.graph.node.insert(0, helper.make_node("Identity", [node.input[1]], [hidden]))
        node.input[1] = hidden
    onnx.save(network, tmp_path / "model.onnx")
    with pytest.raises(RunError, match="Quantisation left LSTM in fp32"):
        quantise(tmp_path / "model.onnx", tmp_path / "int8.onnx")


def _save_hidden_weights(path: Path) -> None:
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [4, 2], np.ones(8, dtype=np.float32))
    nodes = [helper.make_node("Identity", ["weight"], ["hidden"]), helper.make_node("MatMul", ["x", "hidden"], ["y"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n]) for name, n in (("x", 4), ("y", 2))]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], [weight])
    assert Counter(node.op_type for node in nodes)["MatMul"] == 1
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
