"""What the INT8 form costs in F1, on models whose answers are known."""

from pathlib import Path

import torch
from torch import nn

from benchmark.export.onnx_export import export_onnx
from benchmark.export.variants import int8_metrics, variant_f1
from tests.distillation.test_encoded_dataset import make_dataset
from tests.export.test_onnx_export import MeanOfWords


def stubborn(label: int, file: Path) -> Path:
    """A model that gives every text the same label."""
    model = MeanOfWords()
    model.head = nn.Linear(8, 2)
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.copy_(torch.eye(2)[label])
    export_onnx(model, file)
    return file


def test_the_loss_of_int8_is_measured_on_each_split(tmp_path: Path) -> None:
    """Validation holds label 1 alone, test label 0 alone: the one loses what the other wins."""
    fp32, int8 = stubborn(1, tmp_path / "fp32.onnx"), stubborn(0, tmp_path / "int8.onnx")
    metrics = int8_metrics(fp32, int8, make_dataset(), variant_f1(fp32, make_dataset(), "test"))
    assert metrics["onnx_int8_valid_f1_lost"] > 0 > metrics["onnx_int8_f1_lost"]
    assert metrics["onnx_int8_test_f1"] == -metrics["onnx_int8_f1_lost"]
