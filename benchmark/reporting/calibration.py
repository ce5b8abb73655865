"""Calibration section of a report: expected calibration error before and after temperature scaling."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import Row
from benchmark.reporting.table import Column, Table, markdown_table, markdown_text, points

NOTE = (
    "Expected calibration error x100 on test: the mean distance between a score and the share of right predictions, "
    "over 15 bins of equal width (Guo et al., 2017), mean over seeds. Before: softmax of the logits. After: of the "
    "logits over a temperature, which is fitted on validation and stored in the bundle."
)


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """Runs that differ in the seed alone."""

    dataset: str
    name: str
    """Teacher, or student and setting."""
    runs: Sequence[Row]

    def error(self, name: str) -> float:
        """Mean of a calibration error over seeds, x100."""
        return 100 * fmean(run.metric(name) or 0.0 for run in self.runs)


COLUMNS: tuple[Column[Calibrated], ...] = (
    Column(name="data set", value=lambda line: line.dataset, kind=str),
    Column(name="student", value=lambda line: line.name, kind=str),
    Column(name="before", value=lambda line: line.error("test_ece_uncalibrated"), format=points),
    Column(name="after", value=lambda line: line.error("test_ece"), format=points),
    Column(name="seeds", value=lambda line: len(line.runs), kind=int),
)


def calibration_markdown(leaderboards: Iterable[Leaderboard]) -> str:
    """The section of report.md; empty if no run of a leaderboard was calibrated."""
    tables = [_table(one) for one in leaderboards]
    parts = [
        part for table in tables if table.rows for part in (f"**{markdown_text(table.title)}**", markdown_table(table))
    ]
    return "\n\n".join(["", "## Calibration", *parts, NOTE]) + "\n" if parts else ""


def _table(leaderboard: Leaderboard) -> Table[Calibrated]:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in leaderboard.rows:
        if row.test_ece is not None:
            name = " ".join([row.student, *([] if row.is_teacher else [row.setting])])
            teacher = f" ({row.teacher})" if len(leaderboard.teachers) > 1 else ""
            groups[row.dataset, name + teacher].append(row)
    rows = [Calibrated(dataset=key[0], name=key[1], runs=runs) for key, runs in sorted(groups.items())]
    return Table(columns=COLUMNS, rows=rows, title=f"Preset {leaderboard.preset}")
