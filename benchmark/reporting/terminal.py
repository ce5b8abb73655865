"""Leaderboards in a terminal."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from benchmark.reporting.columns import ALWAYS, F1_OF, leaderboard_table
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.summary import summary
from benchmark.reporting.table import Column, Table, terminal_table

GAP = 3
"""Blanks between two columns."""
MAX_NOTES = 6
"""Lines below a table; report.md has all."""
NOTE_CHARACTERS = 300


def show_leaderboards(leaderboards: Sequence[Leaderboard], console: Console) -> None:
    """Each leaderboard with its missing results and its summary."""
    if not leaderboards:
        console.print("No ranked runs yet; smoke runs (--limit) are never ranked.")
    for leaderboard in leaderboards:
        console.print(terminal_table(_fitting(leaderboard, console.width), _style))
        for note in _notes(leaderboard):
            console.print(Text(note, style="dim"))
        console.print(Text(summary(leaderboard), style="bold"))


def _style(entry: LeaderboardEntry) -> str:
    return "bold" if entry.rank == 1 else "" if entry.f1 is not None else "dim"


def _fitting(leaderboard: Leaderboard, width: int) -> Table[LeaderboardEntry]:
    """The columns that fit into a line, the most important first; report.md has all."""
    table = leaderboard_table(leaderboard)
    single = len(leaderboard.datasets) == 1
    columns = [column for column in table.columns if not (single and column.name.startswith(F1_OF))]
    while sum(_width(column, table) for column in columns) > width:
        lowest = min(column.priority for column in columns)
        if lowest == ALWAYS:
            break
        columns = [column for column in columns if column.priority > lowest]
    return Table(columns=columns, rows=table.rows, title=table.title + (_dataset(leaderboard) if single else ""))


def _dataset(leaderboard: Leaderboard) -> str:
    """The title's end for a single data set, which has no column beside the mean."""
    [name] = leaderboard.datasets
    return f", {name}" + (f", {leaderboard.n_test[name]} test texts" if name in leaderboard.n_test else "")


def _width(column: Column[LeaderboardEntry], table: Table[LeaderboardEntry]) -> int:
    return GAP + max(cell_len(text) for text in (column.title or column.name, *map(column.text, table.rows)))


def _notes(leaderboard: Leaderboard) -> list[str]:
    """Reasons of missing means and latencies; entries of one reason share a line."""
    entries: dict[str, list[LeaderboardEntry]] = {}
    for entry, reason in _reasons(leaderboard):
        entries.setdefault(reason, []).append(entry)
    notes = [f"{_names(group)}: {reason}" for reason, group in entries.items()]
    more = [f"{len(notes) - MAX_NOTES} further notes are in report.md."] if len(notes) > MAX_NOTES else []
    return notes[:MAX_NOTES] + more


def _names(entries: Sequence[LeaderboardEntry]) -> str:
    """`cnn kd, kd_ulb; bilstm kd`: each student once."""
    settings: dict[str, list[str]] = {}
    for entry in entries:
        settings.setdefault(entry.student, []).append(entry.setting)
    return "; ".join(f"{student} {', '.join(dict.fromkeys(names))}" for student, names in settings.items())


def _reasons(leaderboard: Leaderboard) -> Iterator[tuple[LeaderboardEntry, str]]:
    for entry in leaderboard.entries:
        if entry.invalid:
            yield entry, f"no latencies, {_first_line(entry.invalid)}"
    for entry in leaderboard.entries:
        for dataset, missing in entry.missing.items():
            yield entry, f"no F1 on {dataset}, {_first_line(str(missing))}"


def _first_line(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= NOTE_CHARACTERS else f"{line[:NOTE_CHARACTERS]}..."
