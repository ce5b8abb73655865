"""Tables in the shape of the paper's 5 and 6: our figure beside the paper's."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from benchmark.core.spec import TASKS, Task
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.paper import AVERAGE, paper_datasets, paper_f1, paper_order, table_number


@dataclass(frozen=True, kw_only=True)
class Cell:
    """F1 x100, ours and the paper's; None where there is none."""

    ours: float | None
    paper: float | None

    @property
    def difference(self) -> float | None:
        return None if self.ours is None or self.paper is None else self.ours - self.paper


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """One of the paper's F1 tables, for one teacher of ours. Its last column is the average."""

    number: int
    teacher: str
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Mapping[str, Cell]]
    """By (student, setting), then by column: the paper's rows in its order, then the settings it does not have."""


def paper_tables(leaderboard: Leaderboard) -> list[PaperTable]:
    """One for each teacher, where the board has any of the paper's data sets."""
    if leaderboard.task not in TASKS:
        return []
    if not set(leaderboard.datasets) & set(paper_datasets(leaderboard.task)):
        return []
    return [_table(leaderboard, leaderboard.task, teacher) for teacher in leaderboard.teachers]


def _table(leaderboard: Leaderboard, task: Task, teacher: str) -> PaperTable:
    ours = {(s.student, s.setting): s for s in leaderboard.entries if s.teacher == teacher}
    keys = dict.fromkeys((*paper_order(task), *ours))
    return PaperTable(
        number=table_number(task),
        teacher=teacher,
        columns=(*paper_datasets(task), AVERAGE),
        cells={key: _cells(task, key, ours.get(key)) for key in keys},
    )


def _cells(task: Task, key: tuple[str, str], entry: LeaderboardEntry | None) -> dict[str, Cell]:
    ours = dict(entry.f1_by_dataset) if entry else {}
    datasets = paper_datasets(task)
    if all(name in ours for name in datasets):
        ours[AVERAGE] = fmean(ours[name] for name in datasets)
    return {
        column: Cell(ours=ours.get(column), paper=paper_f1(task).get((*key, column))) for column in (*datasets, AVERAGE)
    }
