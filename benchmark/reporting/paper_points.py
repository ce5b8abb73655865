"""The paper's own students on the axes of ours, to be drawn beside them."""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from benchmark.core.spec import TASKS, TEACHER, Task
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.paper import paper_datasets, paper_f1, paper_onnx, paper_order, paper_sizes

MILLION = 1e6


def paper_points(leaderboard: Leaderboard) -> list[dict[str, Any]]:
    """The paper's F1 x100 over the board's data sets, % kept, and costs; empty where it lacks one of the data sets."""
    if leaderboard.task not in TASKS or not set(leaderboard.datasets) <= set(paper_datasets(leaderboard.task)):
        return []
    task = leaderboard.task
    f1 = {key: fmean(paper_f1(task)[*key, name] for name in leaderboard.datasets) for key in paper_order(task)}
    teacher = next(value for (student, _), value in f1.items() if student == TEACHER)
    return [
        {
            "student": student,
            "setting": setting,
            "f1": value,
            "f1_kept": 100 * value / teacher,
            "costs": _costs(task, student),
        }
        for (student, setting), value in f1.items()
    ]


def _costs(task: Task, student: str) -> Mapping[str, float]:
    """By our columns. The figures of ONNX are of classification, as the paper's are."""
    sizes = next(row for row in paper_sizes() if (row["task"], row["student"]) == (task, student))
    costs = {
        "n_parameters": MILLION * float(sizes["parameters_million"]),
        "latency_torch_ms": float(sizes["cpu_ms"]),
    }
    if task != "classification":
        return costs
    onnx = next(row for row in paper_onnx() if row["student"] == student)
    return costs | {"size_onnx_mib": float(onnx["onnx_size_mb"]), "latency_onnx_ms": float(onnx["onnx_cpu_ms"])}
