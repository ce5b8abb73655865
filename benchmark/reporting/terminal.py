"""The leaderboard in a terminal."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.reporting.columns import F1_OF, KEPT, Column, columns
from benchmark.reporting.leaderboard_entry import Board, Standing
from benchmark.reporting.summary import answer

GAP = 3
"""Blanks between two columns: the padding of both, and where a rule would stand."""
MOST_NOTES = 6
"""Lines below a table; the report has all."""
NOTE_CHARACTERS = 300


def show_boards(boards: Sequence[Board], console: Console) -> None:
    """Each board's table, what is missing in it, then its answer. Names are shown as they are, never read as markup."""
    if not boards:
        console.print("No run counts yet, and smoke runs (--limit) never do: nothing to rank.")
    for board in boards:
        console.print(_table(board, console.width))
        for note in _notes(board):
            console.print(Text(note, style="dim"))
        console.print(Text(answer(board), style="bold"))


def _table(board: Board, width: int) -> Table:
    title = Text(f"{board.suite}, preset {board.preset}{_alone(board)}")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    shown = _fitting(board, width)
    for column in shown:
        table.add_column(Text(column.title), justify="right" if column.number else "left", no_wrap=column.weight < KEPT)
    for standing in board.standings:
        style = "bold" if standing.rank == 1 else "" if standing.f1 is not None else "dim"
        table.add_row(*(Text(column.show(standing)) for column in shown), style=style)
    return table


def _alone(board: Board) -> str:
    """A single data set needs no column beside the mean, which is its own."""
    if len(board.datasets) > 1:
        return ""
    [name] = board.datasets
    return f", {name}" + (f", {board.n_test[name]} test texts" if name in board.n_test else "")


def _fitting(board: Board, width: int) -> list[Column]:
    """The columns that a line has room for; of the others report.md has all."""
    several = len(board.datasets) > 1
    shown = [column for column in columns(board) if several or not column.name.startswith(F1_OF)]
    while sum(_needed(column, board) for column in shown) > width:
        lightest = min(shown, key=lambda column: column.weight)
        if lightest.weight == KEPT:
            break
        shown = [column for column in shown if column.weight > lightest.weight]
    return shown


def _needed(column: Column, board: Board) -> int:
    return GAP + max(cell_len(text) for text in (column.title, *(column.show(s) for s in board.standings)))


def _notes(board: Board) -> list[str]:
    """Why a mean is not there, and why milliseconds are not; rows of one reason share a line."""
    lacking: dict[str, list[Standing]] = {}
    for standing, reason in _reasons(board):
        lacking.setdefault(reason, []).append(standing)
    notes = [f"{_named(standings)}: {reason}" for reason, standings in lacking.items()]
    more = [f"Further reasons ({len(notes) - MOST_NOTES}) are in the report."] if len(notes) > MOST_NOTES else []
    return notes[:MOST_NOTES] + more


def _named(standings: Sequence[Standing]) -> str:
    """`cnn kd, kd_ulb; bilstm kd`: each student once."""
    settings: dict[str, list[str]] = {}
    for standing in standings:
        settings.setdefault(standing.student, []).append(standing.setting)
    return "; ".join(f"{student} {', '.join(dict.fromkeys(names))}" for student, names in settings.items())


def _reasons(board: Board) -> Iterator[tuple[Standing, str]]:
    """Each standing with what it lacks."""
    for standing in board.standings:
        if standing.invalid:
            yield standing, f"no milliseconds, {_first_line(standing.invalid)}"
    for standing in board.standings:
        for dataset, hole in standing.missing.items():
            yield standing, f"no F1 on {dataset}, {_first_line(str(hole))}"


def _first_line(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= NOTE_CHARACTERS else f"{line[:NOTE_CHARACTERS]}..."
