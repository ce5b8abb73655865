"""Columns of the cost tables: Tables 7 and 8 of the paper with our measurements, and costs of serving."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from benchmark.core.spec import TEACHER
from benchmark.reporting.paper import paper_onnx, paper_sizes
from benchmark.reporting.table import NONE, Column, significant

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


Show = Callable[[Measured], str]
CostColumn = Column[Measured]


def table_7(task: str, lines: Iterable[Measured]) -> list[CostColumn]:
    """Parameters and latency in PyTorch; on a GPU if any was measured there."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == task}
    columns = [
        _pair("million parameters", "n_parameters", sizes, "parameters_million", factor=1e-6),
        _pair("ms CPU", "latency_torch_ms", sizes, "cpu_ms", spread="latency_torch_spread"),
        _ratio("x reference", "speedup_torch_over_reference_torch"),
        _ratio("x teacher", "speedup_torch_over_teacher_torch"),
        _paper_ratio(sizes, "cpu_ms", "cpu_ms"),
    ]
    gpu = _pair("ms GPU", "latency_torch_cuda_ms", sizes, "gpu_ms", spread="latency_torch_cuda_spread")
    return [*columns, *([gpu] if any("latency_torch_cuda_ms" in line.metrics for line in lines) else [])]


def table_8(task: str) -> list[CostColumn]:
    """Size and latency before and after export; the paper exported classifiers alone."""
    onnx = {row["student"]: row for row in paper_onnx()} if task == "classification" else {}
    return [
        _pair("MiB original", "size_checkpoint_mib", onnx, "original_size_mb"),
        _pair("MiB ONNX", "size_onnx_mib", onnx, "onnx_size_mb"),
        _ours("MiB INT8", "size_onnx_int8_mib"),
        _pair("ms PyTorch", "latency_torch_ms", onnx, "original_cpu_ms", spread="latency_torch_spread"),
        _pair("ms ONNX", "latency_onnx_ms", onnx, "onnx_cpu_ms", spread="latency_onnx_spread"),
        _ours("ms INT8", "latency_onnx_int8_ms", spread="latency_onnx_int8_spread"),
        _ratio("ONNX x reference", "speedup_onnx_over_reference_torch"),
        _ratio("ONNX x teacher", "speedup_onnx_over_teacher_torch"),
        _ratio("ONNX x teacher's best", "speedup_onnx_over_teacher_best"),
        _paper_ratio(onnx, "original_cpu_ms", "onnx_cpu_ms"),
    ]


def serving_table(lines: Iterable[Measured]) -> list[CostColumn]:
    """Costs of serving, which the paper does not have; the price only if one was given."""
    price = [_ours("price per million", PRICE)] if any(PRICE in line.metrics for line in lines) else []
    return [*SERVING, *price]


def _column(title: str, show: Show) -> CostColumn:
    return Column(name=title, value=show, show=show)


def _pair(title: str, name: str, paper: Paper, column: str, *, factor: float = 1, spread: str = "") -> CostColumn:
    """Ours / the paper's; the reference is compared with the paper's teacher, whose shape it has."""

    def show(line: Measured) -> str:
        theirs = paper.get(TEACHER if line.student == REFERENCE else line.student, {}).get(column, NONE)
        return f"{_value(line, name, factor, spread)} / {theirs}"

    return _column(title, show)


def _ours(title: str, name: str, spread: str = "") -> CostColumn:
    return _column(title, partial(_value, name=name, spread=spread))


def _value(line: Measured, name: str, factor: float = 1, spread: str = "") -> str:
    """A metric's text, with a star if its spread is large."""
    if name not in line.metrics:
        return NONE
    return significant(factor * line.metrics[name]) + ("*" if line.metrics.get(spread, 0.0) > NOISY_SPREAD else "")


def _ratio(title: str, name: str) -> CostColumn:
    """A speed-up with its interval; `same` if the session cannot tell the two models apart."""

    def show(line: Measured) -> str:
        if name not in line.metrics:
            return NONE
        value, low, high = (line.metrics[key] for key in (name, f"{name}_low", f"{name}_high"))
        if low <= 1 <= high or max(value, 1 / value) <= line.metrics.get("latency_noise_floor", 1.0):
            return "same"
        return f"{significant(value)} [{significant(low)}, {significant(high)}]"

    return _column(title, show)


def _paper_ratio(paper: Paper, of_teacher: str, of_student: str) -> CostColumn:
    """The paper's own speed-up: its teacher in PyTorch over the student."""

    def show(line: Measured) -> str:
        if line.student == REFERENCE or line.student not in paper:
            return NONE
        return significant(float(paper[TEACHER][of_teacher]) / float(paper[line.student][of_student]))

    return _column("x in the paper", show)


def _served(line: Measured) -> str:
    """The form that serves, and how many of the student's runs serve it, unless all do."""
    if "onnx_int8_won" not in line.metrics:
        return NONE
    form, served, runs = (line.metrics[name] for name in ("onnx_int8_won", "n_served", "n_runs"))
    name = "INT8" if form else "fp32"
    return name if served == runs else f"{name} ({served:.0f} of {runs:.0f} runs)"


def _points_lost(line: Measured) -> str:
    """F1 x100: the least and the most."""
    if "lost_least" not in line.metrics:
        return NONE
    least, most = (f"{100 * line.metrics[name]:.2f}" for name in ("lost_least", "lost_most"))
    return least if least == most else f"{least} to {most}"


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


SERVING = (
    _column("served form", _served),
    _column("F1 points lost by INT8", _points_lost),
    _ours("ms text", "latency_text_ms", spread="latency_text_spread"),
    _column("ms text p95", _tail),
    _ratio("text x reference", "speedup_text_over_reference_torch"),
    _ratio("text x teacher", "speedup_text_over_teacher_torch"),
    _ours("MiB bundle", "size_bundle_mib"),
    _column("ms tokenisation", _tokenisation),
    _ours("ms ONNX, all cores", "latency_onnx_all_ms", spread="latency_onnx_all_spread"),
    _ours("sentences/s a core", "cost_sentences_per_second_per_core"),
    _ours("MiB memory", "cost_memory_mib"),
    _ours("ms to load", "cost_load_ms"),
    _ours("ms first prediction", "cost_first_answer_ms"),
)
