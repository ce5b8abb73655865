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

from benchmark.core.spec import Task

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
Row = Mapping[str, str]


@cache
def paper_rows(name: str) -> tuple[Row, ...]:
    """Rows of a table of the paper, by the name of its CSV file."""
    text = (files("benchmark.reporting") / "paper" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


paper_counts = partial(paper_rows, "table4_datasets")
"""Table 4: rows per split and classes of each data set."""
paper_lengths = partial(paper_rows, "table11_length")
"""Table 11: tokens a text of Smltk, and of unlabelled text before and after its filters."""
paper_tuned_rates = partial(paper_rows, "section6_1_tuned_learning_rate")
"""Section 6.1: the best learning rate that random search found, and its test F1."""


def paper_sizes(task: str) -> Mapping[str, Row]:
    """Table 7 by student: millions of parameters, and milliseconds a sentence on CPU and GPU."""
    return {row["student"]: row for row in paper_rows("table7_size_and_time") if row["task"] == task}


def paper_onnx(task: str) -> Mapping[str, Row]:
    """Table 8 by student: size and milliseconds before and after export to ONNX; empty but for classification."""
    return {row["student"]: row for row in paper_rows("table8_onnx")} if task == "classification" else {}


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
