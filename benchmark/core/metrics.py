"""Metrics of a run: one row each, which names its column in results.csv, its group in MLflow, and its text in reports.

A new metric of training or export is a field of RunResult and a row here; a new column of results.csv, the leaderboard
and the page is a row with a `title`.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

Group = Literal["score", "size", "latency", "train", "check", "more"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number that a run logs. F1 in 0..1, sizes in MiB (2**20 bytes), latencies in ms, times in s."""

    name: str
    """The column of results.csv, and the field of RunResult where training or export measures it."""
    group: Group
    kind: type[int] | type[float] = float
    unit: str = ""
    better: Literal["higher", "lower", ""] = ""
    title: str = ""
    """Header of its column in the leaderboard; empty for metrics that have none there."""
    meaning: str = ""
    usual: bool = True
    """Whether reports show its column; the page offers the others, and leaderboard.csv has all."""
    priority: int = 0
    """A terminal that is too narrow drops the columns of the lowest priority first."""

    @property
    def stored(self) -> str:
        """Name in MLflow, as `size/parameters` of `n_parameters`: its UI shows the charts of a group together."""
        return f"{self.group}/{self.name.removeprefix('n_').removeprefix(f'{self.group}_')}"

    @property
    def is_cost(self) -> bool:
        """Whether leaderboards take its mean over data sets and seeds as something that a student costs."""
        return self.better == "lower" and self.group in ("size", "latency", "train")


_size = partial(Metric, group="size", better="lower")
_latency = partial(Metric, group="latency", unit="ms", better="lower")
_train = partial(Metric, group="train")

METRICS = (
    _train(name="learning_rate"),
    Metric(name="valid_f1", group="score", better="higher"),
    Metric(name="test_f1", group="score", better="higher"),
    Metric(name="test_f1_low", group="score",
           meaning="Lower bound of the 95 % interval of test F1 over test items; reports compute it."),
    Metric(name="test_f1_high", group="score", meaning="Its upper bound."),
    Metric(name="teacher_test_f1", group="score"),
    Metric(name="test_ece", group="score", better="lower",
           meaning="Expected calibration error of the scores on test, in 0..1: mean distance of accuracy and score "
           "over 15 bins of equal width (Guo et al., 2017), with the temperature fitted on validation."),
    Metric(name="test_ece_uncalibrated", group="score", better="lower",
           meaning="The same before calibration, with temperature 1."),
    Metric(name="calibration_temperature", group="more",
           meaning="Temperature that divides the logits of scores, fitted on validation."),
    Metric(name="test_share", group="more",
           meaning="Share of the test texts that a file of outputs covers, over which its F1 is; absent if all."),
    Metric(name="f1_kept", group="score", better="higher", meaning="Test F1 over the teacher's."),
    _size(name="n_parameters", kind=int, unit="parameters", title="parameters", priority=3,
          meaning="Number of parameters in millions, mean over data sets."),
    _size(name="n_parameters_non_embedding", kind=int, unit="parameters", title="without embeddings", usual=False,
          meaning="Number of parameters outside the embedding table, in millions."),
    _size(name="size_checkpoint_mib", unit="MiB", meaning="Weights with two optimiser moments."),
    _size(name="size_weights_mib", unit="MiB", title="MiB weights",
          meaning="Size of the weights (safetensors, fp32), in 2**20 bytes."),
    _size(name="size_onnx_mib", unit="MiB", title="MiB ONNX", priority=5, meaning="Size of the exported ONNX file."),
    _size(name="size_onnx_int8_mib", unit="MiB", title="MiB INT8", usual=False,
          meaning="Size of the ONNX file with 8-bit weights."),
    _size(name="size_bundle_mib", unit="MiB", title="MiB bundle", priority=2,
          meaning="Size of what one deploys: the served form of the model (INT8 where it is as good and not slower), "
          "tokenizer, labels and manifest."),
    _latency(name="latency_torch_ms", title="ms PyTorch",
             meaning="Median latency of one sentence in eager PyTorch, one thread, without tokenisation."),
    _latency(name="latency_onnx_ms", title="ms ONNX", priority=8,
             meaning="Median latency of one sentence in ONNX Runtime, one thread, without tokenisation."),
    _latency(name="latency_onnx_int8_ms", title="ms INT8", usual=False,
             meaning="Median latency of one sentence in ONNX Runtime with 8-bit weights."),
    _latency(name="latency_text_ms", title="ms text", priority=1,
             meaning="Median latency from a string to its label with the exported bundle, one thread, tokenisation "
             "included."),
    Metric(name="latency_torch_cuda_ms", group="latency", unit="ms"),
    _train(name="train_seconds", unit="s", better="lower", title="train s", usual=False,
           meaning="Seconds of training, mean over seeds and data sets; without the teacher's."),
    _train(name="steps_to_best", kind=int, unit="steps", better="lower", title="steps", usual=False,
           meaning="Optimiser steps to the best weights on validation, which are used."),
    _train(name="epochs", kind=int),
    _train(name="sentences_per_second"),
    _train(name="overhead_share", meaning="Share of wall time outside forward, backward and step, in 0..1."),
    _train(name="n_texts", kind=int, meaning="Texts of the training set, unlabelled ones and repetitions counted."),
    _train(name="label_count_std",
           meaning="Standard deviation over labels of the number of unlabelled texts that the teacher gives each."),
    Metric(name="onnx_max_logit_gap", group="check"),
    Metric(name="onnx_test_f1", group="more"),
    Metric(name="onnx_int8_test_f1", group="more"),
    Metric(name="onnx_int8_test_ece", group="more", meaning="Expected calibration error of INT8 on test."),
    Metric(name="onnx_int8_valid_f1_lost", group="more",
           meaning="F1 that INT8 loses on validation, which decides whether it is served; below 0 if it gains."),
    Metric(name="onnx_int8_f1_lost", group="more",
           meaning="F1 that INT8 loses on test; in older runs the larger loss of validation and test."),
)  # fmt: skip

OF_INT8 = {
    "test_f1": "onnx_int8_test_f1",
    "test_ece": "onnx_int8_test_ece",
    "latency_onnx_ms": "latency_onnx_int8_ms",
    "size_onnx_mib": "size_onnx_int8_mib",
}
"""Metrics that describe the INT8 form, where it serves, in place of those of fp32."""
INT8_SERVES = "onnx_int8_won"
"""Metric of measured runs: 1 where INT8 serves."""
