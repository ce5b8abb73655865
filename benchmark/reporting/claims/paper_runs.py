"""The paper's tables as runs, which claims compare as they do ours: one seed, at the best rate of a grid."""

from functools import cache
from typing import Any

from benchmark.core.spec import GRID, TEACHER, TUNED, Task
from benchmark.reporting.claims.effects import ComparableRuns
from benchmark.reporting.paper import (
    AVERAGE,
    paper_discussion_f1,
    paper_f1,
    paper_onnx,
    paper_sizes,
    paper_tuned_rates,
)
from benchmark.reporting.results import Row, row_values

SHORT_TEXTS = frozenset(("smltk", "telco"))
"""The data sets of short sentences (section 6.4)."""
TUNED_SETTING = "kd_ulb"
"""The setting that we take section 6.1 to tune: it says "unlabeled data augmentation or embeddings"."""
MIB_OF_A_MILLION = 4e6 / 2**20
"""MiB of a million parameters in fp32."""


class PaperRow(Row):
    """A row whose F1 is times 100, as in the paper's tables."""

    @property
    def points(self) -> float | None:
        return self.test_f1


def _row(**values: Any) -> PaperRow:
    return PaperRow(**row_values({"status": "finished", "rate_from": GRID} | values))


@cache
def paper_runs(task: Task) -> ComparableRuns:
    """Tables 5 or 6 and, for classification, 9, 10, 12 and section 6.1, with the latencies of Tables 7 and 8.

    For want of validation scores, a student's best setting is that of the highest average on test. Tagging has
    latencies in PyTorch alone, which stand for ONNX too.
    """
    f1, tuned = dict(paper_f1(task)), []
    if task == "classification":
        f1 |= paper_discussion_f1()
        tuned = [
            _row(**{**row, "setting": TUNED_SETTING, "test_f1": row["f1"], "rate_from": TUNED, "configuration": TUNED})
            for row in paper_tuned_rates()
        ]
    torch = {student: row["cpu_ms"] for student, row in paper_sizes(task).items()}
    onnx = torch | {student: row["onnx_cpu_ms"] for student, row in paper_onnx(task).items()}
    rows = [
        _row(
            student=student,
            setting=setting,
            configuration=setting,
            dataset=dataset,
            test_f1=score,
            valid_f1=f1.get((student, setting, AVERAGE)),
            latency_torch_ms=torch[student],
            latency_onnx_ms=onnx[student],
        )
        for (student, setting, dataset), score in f1.items()
        if student != TEACHER and dataset != AVERAGE
    ]
    return ComparableRuns(rows=[*rows, *tuned], short_texts=SHORT_TEXTS)


@cache
def paper_costs(task: Task) -> ComparableRuns:
    """Table 8, which is of classification and of no data set, with the weights of Table 7's parameters."""
    rows = [
        _row(
            student=student,
            size_checkpoint_mib=row["original_size_mb"],
            size_weights_mib=MIB_OF_A_MILLION * float(paper_sizes(task)[student]["parameters_million"]),
            size_onnx_mib=row["onnx_size_mb"],
            latency_torch_ms=row["original_cpu_ms"],
            latency_onnx_ms=row["onnx_cpu_ms"],
        )
        for student, row in paper_onnx(task).items()
    ]
    return ComparableRuns(rows=rows)
