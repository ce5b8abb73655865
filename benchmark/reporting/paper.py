"""The paper's results, in the shapes in which reports compare them with ours.

Nityasya, Wibowo, Chevi, Prasajo and Aji: Which Student is Best? A Comprehensive Knowledge Distillation Exam for
Task-Specific BERT Models (arXiv:2201.00558), Tables 4 to 12 and sections 3.1, 5.1.2 and 6.1, with the names of data
sets, students and settings that this package uses. F1 is macro-averaged, times 100. Table 8's MB are MiB:
124.51 M parameters of 4 bytes are 475.0 MiB.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from benchmark.core.spec import TEACHER, Task

AVERAGE = "avg"
F1_TABLES: Mapping[Task, tuple[int, str]] = {
    "classification": (5, "table5_classification_f1.csv"),
    "sequence_labeling": (6, "table6_sequence_labeling_f1.csv"),
}
DISCUSSION: Mapping[str, str] = {
    "table9_domain.csv": "telco",
    "table10_balance.csv": "telco",
    "table12_length_f1.csv": "smltk",
}
"""The one data set of each of section 6's tables of F1."""
MSE_OVER_KLD = 1.66
"""Points of F1 by which MSE beats KLD on average (section 5.1.2, which has no table of it), at temperature 1, which
section 3.1 fixes throughout."""

Row = Mapping[str, str]


def table_number(task: Task) -> int:
    """5 or 6: the table that holds the task's F1."""
    return F1_TABLES[task][0]


@cache
def paper_f1(task: Task) -> Mapping[tuple[str, str, str], float]:
    """F1 x 100 by (student, setting, data set or `avg`): Table 5 or 6, in its order."""
    rows = _rows(F1_TABLES[task][1])
    return {(row["student"], row["setting"], row["dataset"]): float(row["f1"]) for row in rows}


def paper_datasets(task: Task) -> tuple[str, ...]:
    """The task's six data sets, in the order of the table's columns."""
    return tuple(dict.fromkeys(dataset for _, _, dataset in paper_f1(task) if dataset != AVERAGE))


def paper_order(task: Task) -> tuple[tuple[str, str], ...]:
    """(student, setting) in the order of the table's rows."""
    return tuple(dict.fromkeys((student, setting) for student, setting, _ in paper_f1(task)))


@cache
def paper_counts() -> tuple[Row, ...]:
    """Table 4: rows per split and classes of each data set."""
    return _rows("table4_datasets.csv")


@cache
def paper_sizes() -> tuple[Row, ...]:
    """Table 7: millions of parameters, and milliseconds a sentence on CPU and GPU."""
    return _rows("table7_size_and_time.csv")


@cache
def paper_onnx() -> tuple[Row, ...]:
    """Table 8: size and milliseconds before and after export to ONNX."""
    return _rows("table8_onnx.csv")


@cache
def paper_tuned_rates() -> tuple[Row, ...]:
    """Section 6.1: the best learning rate that random search found, and its test F1."""
    return _rows("section6_1_tuned_learning_rate.csv")


@cache
def paper_lengths() -> tuple[Row, ...]:
    """Table 11: tokens a text of Smltk, and of unlabelled text before and after its filters."""
    return _rows("table11_length.csv")


@cache
def paper_discussion_f1() -> Mapping[tuple[str, str, str], float]:
    """F1 x 100 by (student, setting, data set): Tables 9, 10 and 12 in the shape of `paper_f1`."""
    return {
        (column.removesuffix("_f1"), _setting(row["condition"]), dataset): float(row[column])
        for name, dataset in DISCUSSION.items()
        for row in _rows(name)
        for column in row
        if column.endswith("_f1")
    }


def _setting(condition: str) -> str:
    """The one that runs under the condition, as `kd_ulb_q1_q3` under `ulb_q1_q3`."""
    return f"kd_{condition.removesuffix('_twitter')}"


def _rows(name: str) -> tuple[Row, ...]:
    text = (files("benchmark.reporting") / "paper" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


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
