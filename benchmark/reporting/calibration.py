"""Calibration section of a report: expected calibration error before and after temperature scaling, and as served."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from benchmark.reporting import notes
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.results import Row
from benchmark.reporting.table import NONE, Table, markdown_section, markdown_table, markdown_text, points, text_columns

NUMBERS = ("before", "after", "as served", "seeds")
COLUMNS = text_columns(["data set", "student", *NUMBERS], numbers=NUMBERS)


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
    rows = [[*key, *_errors(runs), str(len(runs))] for key, runs in sorted(groups.items())]
    return Table(columns=COLUMNS, rows=rows, title=f"Preset {leaderboard.preset}")


def _errors(runs: Sequence[Row]) -> list[str]:
    """Means over runs, x100; empty where a run lacks the value."""
    errors = zip(*((run.test_ece_uncalibrated, run.test_ece, run.served("test_ece")) for run in runs), strict=True)
    return [NONE if None in column else points(100 * fmean(column)) for column in errors]
