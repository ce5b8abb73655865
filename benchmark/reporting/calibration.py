"""Calibration section of a report: expected calibration error before and after temperature scaling."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from benchmark.reporting import notes
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import Row
from benchmark.reporting.table import Table, markdown_section, markdown_table, markdown_text, points, text_columns

COLUMNS = text_columns(["data set", "student", "before", "after", "seeds"], numbers=["before", "after", "seeds"])


def calibration_markdown(leaderboards: Iterable[Leaderboard]) -> str:
    """The section of report.md; empty if no run of a leaderboard was calibrated."""
    tables = [table for table in map(_table, leaderboards) if table.rows]
    parts = [part for table in tables for part in (f"**{markdown_text(table.title)}**", markdown_table(table))]
    return markdown_section("Calibration", *parts, *(notes("calibration") if parts else ()))


def _table(leaderboard: Leaderboard) -> Table[Sequence[str]]:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in leaderboard.rows:
        if row.test_ece is not None:
            name = " ".join([row.student, *([] if row.is_teacher else [row.setting])])
            teacher = f" ({row.teacher})" if len(leaderboard.teachers) > 1 else ""
            groups[row.dataset, name + teacher].append(row)
    errors = ("test_ece_uncalibrated", "test_ece")
    rows = [
        [*key, *(points(100 * fmean(run.metric(name) or 0.0 for run in runs)) for name in errors), str(len(runs))]
        for key, runs in sorted(groups.items())
    ]
    return Table(columns=COLUMNS, rows=rows, title=f"Preset {leaderboard.preset}")
