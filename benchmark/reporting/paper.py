"""The paper's results, in the shapes in which reports compare them with ours.

Nityasya, Wibowo, Chevi, Prasajo and Aji: Which Student is Best? A Comprehensive Knowledge Distillation Exam for
Task-Specific BERT Models (arXiv:2201.00558), Tables 4 to 12 and sections 3.1, 5.1.2 and 6.1, with the names of data
sets, students and settings that this package uses. F1 is macro-averaged, times 100. Table 8's MB are MiB:
124.51 M parameters of 4 bytes are 475.0 MiB.
"""

import csv
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Literal

from benchmark.core.spec import TEACHER, Task

AVERAGE = "avg"
F1_TABLES: Mapping[Task, tuple[int, str]] = {
    "classification": (5, "table5_classification_f1"),
    "sequence_labeling": (6, "table6_sequence_labeling_f1"),
}
"""Number and file of the table of F1."""
DISCUSSION: Mapping[str, str] = {
    "table9_domain": "telco",
    "table10_balance": "telco",
    "table12_length_f1": "smltk",
}
"""The one data set of each of section 6's tables of F1."""
MSE_OVER_KLD = 1.66
"""Points of F1 by which MSE beats KLD on average (section 5.1.2, which has no table of it), at temperature 1, which
section 3.1 fixes throughout."""

PAPER_SHORT_TEXTS = frozenset(("smltk", "telco"))
"""The data sets of short sentences (section 6.4)."""
TUNED_SETTING = "kd_ulb"
"""The setting that we take section 6.1 to tune: it says "unlabeled data augmentation or embeddings"."""
MIB_OF_A_MILLION = 4e6 / 2**20
"""MiB of a million parameters in fp32."""
Latency = Literal["latency_onnx_ms", "latency_torch_ms"]
"""Columns of the results that the paper has too."""

Row = Mapping[str, str]


@cache
def paper_rows(name: str) -> tuple[Row, ...]:
    """Rows of a table of the paper, by the name of its CSV file."""
    text = (files("benchmark.reporting") / "paper" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


paper_counts = partial(paper_rows, "table4_datasets")
"""Table 4: rows per split and classes of each data set."""
paper_sizes = partial(paper_rows, "table7_size_and_time")
"""Table 7: millions of parameters, and milliseconds a sentence on CPU and GPU."""
paper_onnx = partial(paper_rows, "table8_onnx")
"""Table 8: size and milliseconds before and after export to ONNX."""
paper_lengths = partial(paper_rows, "table11_length")
"""Table 11: tokens a text of Smltk, and of unlabelled text before and after its filters."""
paper_tuned_rates = partial(paper_rows, "section6_1_tuned_learning_rate")
"""Section 6.1: the best learning rate that random search found, and its test F1."""


@cache
def paper_f1(task: Task) -> Mapping[tuple[str, str, str], float]:
    """F1 x 100 by (student, setting, data set or `avg`): Table 5 or 6, in its order."""
    _, name = F1_TABLES[task]
    return {(row["student"], row["setting"], row["dataset"]): float(row["f1"]) for row in paper_rows(name)}


def paper_datasets(task: Task) -> tuple[str, ...]:
    """The task's six data sets, in the order of the table's columns."""
    return tuple(dict.fromkeys(dataset for _, _, dataset in paper_f1(task) if dataset != AVERAGE))


def paper_order(task: Task) -> tuple[tuple[str, str], ...]:
    """(student, setting) in the order of the table's rows."""
    return tuple(dict.fromkeys((student, setting) for student, setting, _ in paper_f1(task)))


@cache
def paper_discussion_f1() -> Mapping[tuple[str, str, str], float]:
    """F1 x 100 by (student, setting, data set): Tables 9, 10 and 12 in the shape of `paper_f1`."""
    return {
        (column.removesuffix("_f1"), f"kd_{row['condition'].removesuffix('_twitter')}", dataset): float(row[column])
        for name, dataset in DISCUSSION.items()
        for row in paper_rows(name)
        for column in row
        if column.endswith("_f1")
    }


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


def weights_to_onnx() -> Mapping[str, float]:
    """Weights in fp32 (parameters of Table 7) over the ONNX file's size (Table 8), by student."""
    sizes = {row["student"]: row for row in paper_sizes() if row["task"] == "classification"}
    weights = {name: MIB_OF_A_MILLION * float(row["parameters_million"]) for name, row in sizes.items()}
    return {row["student"]: weights[row["student"]] / float(row["onnx_size_mb"]) for row in _students_onnx()}


def onnx_ratio(before: str, after: str) -> Mapping[str, float]:
    """One column of Table 8 over another, by student."""
    return {row["student"]: float(row[before]) / float(row[after]) for row in _students_onnx()}


def _students_onnx() -> list[Row]:
    return [row for row in paper_onnx() if row["student"] != TEACHER]
