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

PAPER_SHORT_TEXTS = frozenset(("smltk", "telco"))
"""The data sets of short sentences (section 6.4)."""
TUNED_SETTING = "kd_ulb"
"""The setting that we take section 6.1 to tune: it says "unlabeled data augmentation or embeddings"."""
MIB_OF_A_MILLION = 4e6 / 2**20
"""MiB of a million parameters in fp32."""
Latency = Literal["latency_onnx_ms", "latency_torch_ms"]
"""Columns of the results that the paper has too."""


@cache
def f1_by_setting(task: Task) -> Mapping[tuple[str, str, str], float]:
    """F1 x100 by (student, setting, data set): Tables 5 or 6 and, for classification, 9, 10 and 12."""
    f1 = dict(paper_f1(task)) | (dict(paper_discussion_f1()) if task == "classification" else {})
    return {key: score for key, score in f1.items() if key[0] != TEACHER and key[2] != AVERAGE}


def best_f1(task: Task) -> Mapping[str, Mapping[str, float]]:
    """F1 x100 by student and data set, of each student's setting of the highest average."""
    averages = {key: paper_f1(task)[*key, AVERAGE] for key in paper_order(task)}
    students = dict.fromkeys(student for student, _ in averages if student != TEACHER)
    best = {name: max((key for key in averages if key[0] == name), key=averages.__getitem__) for name in students}
    f1 = f1_by_setting(task)
    return {name: {key[2]: score for key, score in f1.items() if key[:2] == best[name]} for name in students}


def milliseconds(task: Task, latency: Latency) -> Mapping[str, float]:
    """CPU latency by student: Table 8 for ONNX, Table 7 for PyTorch and for all tagging, which has no other."""
    if (task, latency) == ("classification", "latency_onnx_ms"):
        return {row["student"]: float(row["onnx_cpu_ms"]) for row in _students_onnx()}
    rows = (row for row in paper_sizes() if row["task"] == task and row["student"] != TEACHER)
    return {row["student"]: float(row["cpu_ms"]) for row in rows}


def tuned_gains(student: str) -> Mapping[str, float]:
    """Points of F1 by data set: the tuned learning rate (section 6.1) less the grid's (Table 5)."""
    f1 = f1_by_setting("classification")
    rows = (row for row in paper_tuned_rates() if row["student"] == student)
    return {row["dataset"]: float(row["f1"]) - f1[student, TUNED_SETTING, row["dataset"]] for row in rows}


def onnx_speed() -> Mapping[str, float]:
    """Milliseconds before over milliseconds after export, by student."""
    return _onnx_ratio("original_cpu_ms", "onnx_cpu_ms")


def checkpoint_to_onnx() -> Mapping[str, float]:
    """The paper's "original" size over the ONNX file's, by student."""
    return _onnx_ratio("original_size_mb", "onnx_size_mb")


def weights_to_onnx() -> Mapping[str, float]:
    """Weights in fp32 (parameters of Table 7) over the ONNX file's size (Table 8), by student."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == "classification"}
    weights = {name: MIB_OF_A_MILLION * float(row["parameters_million"]) for name, row in sizes.items()}
    return {row["student"]: weights[row["student"]] / float(row["onnx_size_mb"]) for row in _students_onnx()}


def _onnx_ratio(before: str, after: str) -> Mapping[str, float]:
    return {row["student"]: float(row[before]) / float(row[after]) for row in _students_onnx()}


def _students_onnx() -> list[Mapping[str, str]]:
    return [row for row in paper_onnx() if row["student"] != TEACHER]
