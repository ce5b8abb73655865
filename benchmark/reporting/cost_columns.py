"""Columns of the cost tables: what each shows of a student's figures, beside the paper's."""

from collections.abc import Callable, Iterable, Mapping

from benchmark.core.spec import TEACHER
from benchmark.reporting.columns import NONE
from benchmark.reporting.formatting import significant
from benchmark.reporting.paper import paper_onnx, paper_sizes
from benchmark.reporting.served import Figures, form, points_lost

REFERENCE = "BERT-base shape"
NOISY_SPREAD = 0.25
Show = Callable[[str, Figures], str]
"""Text of a cell, from the student's name and figures."""


def cost_columns(task: str, figures: Iterable[Figures]) -> dict[str, dict[str, Show]]:
    """Columns by the title of their table."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == task}
    onnx = {row["student"]: row for row in paper_onnx()} if task == "classification" else {}
    names = {name for told in figures for name in told}
    table7: dict[str, Show] = {
        "million parameters": _beside("n_parameters", sizes, "parameters_million", 1e-6),
        "ms CPU": _beside("latency_torch_ms", sizes, "cpu_ms", spread="latency_torch_spread"),
        "x reference": _ratio("speedup_torch_over_reference_torch"),
        "x teacher": _ratio("speedup_torch_over_teacher_torch"),
        "x in the paper": _paper_ratio(sizes, "cpu_ms", "cpu_ms"),
    }
    if "latency_torch_cuda_ms" in names:
        table7["ms GPU"] = _beside("latency_torch_cuda_ms", sizes, "gpu_ms", spread="latency_torch_cuda_spread")
    table8: dict[str, Show] = {
        "MiB original": _beside("size_checkpoint_mib", onnx, "original_size_mb"),
        "MiB ONNX": _beside("size_onnx_mib", onnx, "onnx_size_mb"),
        "MiB INT8": _ours("size_onnx_int8_mib"),
        "ms PyTorch": _beside("latency_torch_ms", onnx, "original_cpu_ms", spread="latency_torch_spread"),
        "ms ONNX": _beside("latency_onnx_ms", onnx, "onnx_cpu_ms", spread="latency_onnx_spread"),
        "ms INT8": _ours("latency_onnx_int8_ms", spread="latency_onnx_int8_spread"),
        "ONNX x reference": _ratio("speedup_onnx_over_reference_torch"),
        "ONNX x teacher": _ratio("speedup_onnx_over_teacher_torch"),
        "ONNX x teacher's best": _ratio("speedup_onnx_over_teacher_best"),
        "x in the paper": _paper_ratio(onnx, "original_cpu_ms", "onnx_cpu_ms"),
    }
    return {
        "Table 7: parameters and one sentence in PyTorch": table7,
        "Table 8: before and after ONNX": table8,
        BEYOND_TITLE: BEYOND | ({"price": _ours(PRICE)} if PRICE in names else {}),
    }


def _beside(
    name: str, paper: Mapping[str, Mapping[str, str]], column: str, factor: float = 1, spread: str = ""
) -> Show:
    """Ours / the paper's; the reference stands beside the paper's teacher, whose shape it has."""

    def show(student: str, told: Figures) -> str:
        theirs = paper.get(TEACHER if student == REFERENCE else student, {}).get(column, NONE)
        return f"{_figure(told, name, factor, spread)} / {theirs}"

    return show


def _ours(name: str, factor: float = 1, spread: str = "") -> Show:
    return lambda _, told: _figure(told, name, factor, spread)


def _figure(told: Figures, name: str, factor: float = 1, spread: str = "") -> str:
    if name not in told:
        return NONE
    return significant(factor * told[name]) + ("*" if told.get(spread, 0.0) > NOISY_SPREAD else "")


def _ratio(name: str) -> Show:
    """With its interval; `same` where the session cannot tell the two apart."""

    def show(_: str, told: Figures) -> str:
        if name not in told:
            return NONE
        value, low, high = told[name], told[f"{name}_low"], told[f"{name}_high"]
        if low <= 1 <= high or max(value, 1 / value) <= told.get("latency_noise_floor", 1.0):
            return "same"
        return f"{significant(value)} [{significant(low)}, {significant(high)}]"

    return show


def _paper_ratio(paper: Mapping[str, Mapping[str, str]], of_teacher: str, of_student: str) -> Show:
    """The paper's own factor: its teacher in PyTorch against the student."""

    def show(student: str, _: Figures) -> str:
        if student == REFERENCE or student not in paper:
            return NONE
        return significant(float(paper[TEACHER][of_teacher]) / float(paper[student][of_student]))

    return show


def _tokenising(_: str, told: Figures) -> str:
    """What scope `text` takes beyond scope `model` of the form that is served."""
    served = "latency_onnx_int8_ms" if told.get("onnx_int8_won") else "latency_onnx_ms"
    if "latency_text_ms" not in told or served not in told:
        return NONE
    return f"{told['latency_text_ms'] - told[served]:.3f}"


def _tail(_: str, told: Figures) -> str:
    """No p95 of too few samples."""
    known = told.get("latency_text_p95_ms")
    count = told.get("latency_text_n")
    if known is not None:
        return significant(known)
    return NONE if count is None else f"n/a (n={count:.0f})"


PRICE = "cost_per_million_sentences"
BEYOND_TITLE = "Beyond the paper"
BEYOND: dict[str, Show] = {
    "serves": form,
    "F1 points lost in INT8": points_lost,
    "ms text": _ours("latency_text_ms", spread="latency_text_spread"),
    "ms text p95": _tail,
    "ms of it for words": _tokenising,
    "ms ONNX, all cores": _ours("latency_onnx_all_ms", spread="latency_onnx_all_spread"),
    "sentences/s a core": _ours("cost_sentences_per_second_per_core"),
    "MiB memory": _ours("cost_memory_mib"),
    "ms to load": _ours("cost_load_ms"),
    "ms first answer": _ours("cost_first_answer_ms"),
}
