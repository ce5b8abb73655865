"""The leaderboard in a terminal."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.reporting.columns import F1_OF, KEPT, Column, columns
from benchmark.reporting.leaderboard_entry import Leaderboard, LeaderboardEntry
from benchmark.reporting.summary import summary

GAP = 3
"""Blanks between two columns: the padding of both, and where a rule would stand."""
MOST_NOTES = 6
"""Lines below a table; the report has all."""
NOTE_CHARACTERS = 300


def show_leaderboards(leaderboards: Sequence[Leaderboard], console: Console) -> None:
    """Each board's table, what is missing in it, then its answer. Names are shown as they are, never read as markup."""
    if not leaderboards:
        console.print("No run counts yet, and smoke runs (--limit) never do: nothing to rank.")
    for leaderboard in leaderboards:
        console.print(_table(leaderboard, console.width))
        for note in _notes(leaderboard):
            console.print(Text(note, style="dim"))
        console.print(Text(summary(leaderboard), style="bold"))


def _table(leaderboard: Leaderboard, width: int) -> Table:
    title = Text(f"{leaderboard.suite}, preset {leaderboard.preset}{_alone(leaderboard)}")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    shown = _fitting(leaderboard, width)
    for column in shown:
        table.add_column(Text(column.title), justify="right" if column.number else "left", no_wrap=column.weight < KEPT)
    for entry in leaderboard.entries:
        style = "bold" if entry.rank == 1 else "" if entry.f1 is not None else "dim"
        table.add_row(*(Text(column.show(entry)) for column in shown), style=style)
    return table


def _alone(leaderboard: Leaderboard) -> str:
    """A single data set needs no column beside the mean, which is its own."""
    if len(leaderboard.datasets) > 1:
        return ""
    [name] = leaderboard.datasets
    return f", {name}" + (f", {leaderboard.n_test[name]} test texts" if name in leaderboard.n_test else "")


def _fitting(leaderboard: Leaderboard, width: int) -> list[Column]:
    """The columns that a line has room for; of the others report.md has all."""
    several = len(leaderboard.datasets) > 1
    shown = [column for column in columns(leaderboard) if several or not column.name.startswith(F1_OF)]
    while sum(_needed(column, leaderboard) for column in shown) > width:
        lightest = min(shown, key=lambda column: column.weight)
        if lightest.weight == KEPT:
            break
        shown = [column for column in shown if column.weight > lightest.weight]
    return shown


def _needed(column: Column, leaderboard: Leaderboard) -> int:
    return GAP + max(cell_len(text) for text in (column.title, *(column.show(s) for s in leaderboard.entries)))


def _notes(leaderboard: Leaderboard) -> list[str]:
    """Why a mean is not there, and why milliseconds are not; rows of one reason share a line."""
    lacking: dict[str, list[LeaderboardEntry]] = {}
    for entry, reason in _reasons(leaderboard):
        lacking.setdefault(reason, []).append(entry)
    notes = [f"{_named(entries)}: {reason}" for reason, entries in lacking.items()]
    more = [f"Further reasons ({len(notes) - MOST_NOTES}) are in the report."] if len(notes) > MOST_NOTES else []
    return notes[:MOST_NOTES] + more


def _named(entries: Sequence[LeaderboardEntry]) -> str:
    """`cnn kd, kd_ulb; bilstm kd`: each student once."""
    settings: dict[str, list[str]] = {}
    for entry in entries:
        settings.setdefault(entry.student, []).append(entry.setting)
    return "; ".join(f"{student} {', '.join(dict.fromkeys(names))}" for student, names in settings.items())


def _reasons(leaderboard: Leaderboard) -> Iterator[tuple[LeaderboardEntry, str]]:
    """Each standing with what it lacks."""
    for entry in leaderboard.entries:
        if entry.invalid:
            yield entry, f"no milliseconds, {_first_line(entry.invalid)}"
    for entry in leaderboard.entries:
        for dataset, missing in entry.missing.items():
            yield entry, f"no F1 on {dataset}, {_first_line(str(missing))}"


def _first_line(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= NOTE_CHARACTERS else f"{line[:NOTE_CHARACTERS]}..."
