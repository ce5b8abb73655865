"""The paper's figures in the shape in which claims compare them."""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from benchmark.core.spec import TEACHER, Task
from benchmark.reporting.paper import (
    AVERAGE,
    paper_discussion_f1,
    paper_f1,
    paper_onnx,
    paper_order,
    paper_sizes,
    paper_tuned_rates,
)

PAPER_SHORT = frozenset(("smltk", "telco"))
"""The data sets that section 6.4 names for their short sentences."""
TUNED_SETTING = "kd_ulb"
"""What we take section 6.1 to tune: it says "unlabeled data augmentation or embeddings", and Figure 3 names neither."""
BYTES_OF_MILLION = 4e6 / 2**20
"""MiB of a million parameters in fp32."""
Latency = Literal["latency_onnx_ms", "latency_torch_ms"]
"""Columns of ours that the paper has too."""


@cache
def f1_by_setting(task: Task) -> Mapping[tuple[str, str, str], float]:
    """F1 x 100 by (student, setting, data set): Tables 5 or 6 and, on texts to classify, 9, 10 and 12."""
    more = paper_discussion_f1() if task == "classification" else {}
    known = {**paper_f1(task), **more}
    return {key: f1 for key, f1 in known.items() if key[0] != TEACHER and key[2] != AVERAGE}


def best_f1(task: Task) -> Mapping[str, Mapping[str, float]]:
    """F1 x 100 by student and data set, each student in its setting of the highest average."""
    averages = {key: paper_f1(task)[*key, AVERAGE] for key in paper_order(task)}
    names = dict.fromkeys(student for student, _ in averages if student != TEACHER)
    best = {name: max((key for key in averages if key[0] == name), key=averages.__getitem__) for name in names}
    known = f1_by_setting(task)
    return {name: {d: f1 for (s, x, d), f1 in known.items() if (s, x) == key} for name, key in best.items()}


def milliseconds(task: Task, latency: Latency) -> Mapping[str, float]:
    """Of a sentence on the CPU by student: Table 8's in ONNX, Table 7's in PyTorch, which alone was timed on tags."""
    if (task, latency) == ("classification", "latency_onnx_ms"):
        return {row["student"]: float(row["onnx_cpu_ms"]) for row in _students_onnx()}
    rows = (row for row in paper_sizes() if row["task"] == task and row["student"] != TEACHER)
    return {row["student"]: float(row["cpu_ms"]) for row in rows}


def tuned_gains(student: str) -> Mapping[str, float]:
    """Points of F1 by data set: the tuned learning rate against the grid's of Table 5."""
    rows = [row for row in paper_tuned_rates() if row["student"] == student]
    known = f1_by_setting("classification")
    return {row["dataset"]: float(row["f1"]) - known[student, TUNED_SETTING, row["dataset"]] for row in rows}


def onnx_speed() -> Mapping[str, float]:
    """Milliseconds before / after export, by student."""
    return _onnx_ratio("original_cpu_ms", "onnx_cpu_ms")


def checkpoint_to_onnx() -> Mapping[str, float]:
    """The size that the paper calls original / the ONNX file's, by student."""
    return _onnx_ratio("original_size_mb", "onnx_size_mb")


def weights_to_onnx() -> Mapping[str, float]:
    """4 bytes a parameter (Table 7) / the ONNX file's size (Table 8), by student."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == "classification"}
    weights = {name: BYTES_OF_MILLION * float(row["parameters_million"]) for name, row in sizes.items()}
    return {row["student"]: weights[row["student"]] / float(row["onnx_size_mb"]) for row in _students_onnx()}


def _onnx_ratio(before: str, after: str) -> Mapping[str, float]:
    return {row["student"]: float(row[before]) / float(row[after]) for row in _students_onnx()}


def _students_onnx() -> list[Mapping[str, str]]:
    return [row for row in paper_onnx() if row["student"] != TEACHER]
