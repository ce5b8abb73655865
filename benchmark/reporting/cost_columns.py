"""Columns of the cost tables: Tables 7 and 8 of the paper with our measurements, and costs of serving."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from benchmark.core.spec import TEACHER
from benchmark.reporting.paper import paper_onnx, paper_sizes
from benchmark.reporting.table import NONE, significant

REFERENCE = "BERT-base shape"
NOISY_SPREAD = 0.25
"""Interquartile range over median from which a latency is marked as noisy."""
PRICE = "cost_per_million_sentences"
Paper = Mapping[str, Mapping[str, str]]
"""The paper's values by student."""


class Measured(NamedTuple):
    """A student with the metrics of its inference run."""

    student: str
    metrics: Mapping[str, float]
    served: str = NONE
    """The form that serves, and how many of the student's runs serve it, unless all do."""
    points_lost: str = NONE
    """F1 x100 that INT8 loses: the least and the most of these runs."""


Text = Callable[[Measured], str]
Columns = Mapping[str, Text]
"""Texts by title."""


def table_7(task: str, lines: Iterable[Measured]) -> Columns:
    """Parameters and latency in PyTorch; on a GPU if any was measured there."""
    sizes = paper_sizes(task)
    columns = {
        "million parameters": _pair("n_parameters", sizes, "parameters_million", factor=1e-6),
        "ms CPU": _pair("latency_torch_ms", sizes, "cpu_ms"),
        "x reference": _ratio("speedup_torch_over_reference_torch"),
        "x teacher": _ratio("speedup_torch_over_teacher_torch"),
        "x in the paper": _paper_ratio(sizes, "cpu_ms", "cpu_ms"),
    }
    gpu = "latency_torch_cuda_ms"
    return columns | ({"ms GPU": _pair(gpu, sizes, "gpu_ms")} if any(gpu in line.metrics for line in lines) else {})


def table_8(task: str) -> Columns:
    """Size and latency before and after export; the paper exported classifiers alone."""
    onnx = paper_onnx(task)
    return {
        "MiB original": _pair("size_checkpoint_mib", onnx, "original_size_mb"),
        "MiB ONNX": _pair("size_onnx_mib", onnx, "onnx_size_mb"),
        "MiB INT8": _ours("size_onnx_int8_mib"),
        "ms PyTorch": _pair("latency_torch_ms", onnx, "original_cpu_ms"),
        "ms ONNX": _pair("latency_onnx_ms", onnx, "onnx_cpu_ms"),
        "ms INT8": _ours("latency_onnx_int8_ms"),
        "ONNX x reference": _ratio("speedup_onnx_over_reference_torch"),
        "ONNX x teacher": _ratio("speedup_onnx_over_teacher_torch"),
        "ONNX x teacher's best": _ratio("speedup_onnx_over_teacher_best"),
        "x in the paper": _paper_ratio(onnx, "original_cpu_ms", "onnx_cpu_ms"),
    }


def serving_table(lines: Iterable[Measured]) -> Columns:
    """Costs of serving, which the paper does not have; the price only if one was given."""
    columns: dict[str, Text] = {
        "served form": attrgetter("served"),
        "F1 points lost by INT8": attrgetter("points_lost"),
        "ms text": _ours("latency_text_ms"),
        "ms text p95": _tail,
        "text x reference": _ratio("speedup_text_over_reference_torch"),
        "text x teacher": _ratio("speedup_text_over_teacher_torch"),
        "MiB bundle": _ours("size_bundle_mib"),
        "ms tokenisation": _tokenisation,
        "ms ONNX, all cores": _ours("latency_onnx_all_ms"),
        "sentences/s a core": _ours("cost_sentences_per_second_per_core"),
        "MiB memory": _ours("cost_memory_mib"),
        "ms to load": _ours("cost_load_ms"),
        "ms first prediction": _ours("cost_first_answer_ms"),
    }
    return columns | ({"price per million": _ours(PRICE)} if any(PRICE in line.metrics for line in lines) else {})


def _pair(name: str, paper: Paper, column: str, *, factor: float = 1) -> Text:
    """Ours / the paper's; the reference is compared with the paper's teacher, whose shape it has."""

    def show(line: Measured) -> str:
        theirs = paper.get(TEACHER if line.student == REFERENCE else line.student, {}).get(column, NONE)
        return f"{_value(line, name, factor)} / {theirs}"

    return show


def _ours(name: str) -> Text:
    return partial(_value, name=name)


def _value(line: Measured, name: str, factor: float = 1) -> str:
    """A metric's text, with a star if it is a latency of large spread."""
    if name not in line.metrics:
        return NONE
    spread = line.metrics.get(f"{name.removesuffix('_ms')}_spread", 0.0)
    return significant(factor * line.metrics[name]) + ("*" if spread > NOISY_SPREAD else "")


def _ratio(name: str) -> Text:
    """A speed-up with its interval; `same` if the session cannot tell the two models apart."""

    def show(line: Measured) -> str:
        if name not in line.metrics:
            return NONE
        value, low, high = (line.metrics[key] for key in (name, f"{name}_low", f"{name}_high"))
        if low <= 1 <= high or max(value, 1 / value) <= line.metrics.get("latency_noise_floor", 1.0):
            return "same"
        return f"{significant(value)} [{significant(low)}, {significant(high)}]"

    return show


def _paper_ratio(paper: Paper, of_teacher: str, of_student: str) -> Text:
    """The paper's own speed-up: its teacher in PyTorch over the student."""

    def show(line: Measured) -> str:
        if line.student not in paper:
            return NONE
        return significant(float(paper[TEACHER][of_teacher]) / float(paper[line.student][of_student]))

    return show


def _tokenisation(line: Measured) -> str:
    """Latency of scope `text` less that of scope `model`, of the form that serves."""
    served = "latency_onnx_int8_ms" if line.metrics.get("onnx_int8_won") else "latency_onnx_ms"
    if "latency_text_ms" not in line.metrics or served not in line.metrics:
        return NONE
    return f"{line.metrics['latency_text_ms'] - line.metrics[served]:.3f}"


def _tail(line: Measured) -> str:
    """95th percentile; too few samples have none."""
    count = line.metrics.get("latency_text_n")
    if "latency_text_p95_ms" in line.metrics:
        return significant(line.metrics["latency_text_p95_ms"])
    return NONE if count is None else f"n/a (n={count:.0f})"
