"""The leaderboard in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmark.reporting.answer import answer
from benchmark.reporting.columns import KEPT, Column, columns
from benchmark.reporting.standing import Board

GAP = 3
"""Blanks between two columns: the padding of both, and where a rule would stand."""


def show_boards(boards: Sequence[Board], console: Console) -> None:
    """Each board's table, then its answer. Names are shown as they are, never read as markup."""
    if not boards:
        console.print("No run counts yet: nothing to rank.")
    for board in boards:
        console.print(_table(board, console.width))
        console.print(Text(answer(board), style="bold"))


def _table(board: Board, width: int) -> Table:
    title = Text(f"{board.suite}, preset {board.preset}")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    shown = _fitting(board, width)
    for column in shown:
        table.add_column(Text(column.title), justify="right" if column.number else "left", no_wrap=column.weight < KEPT)
    for standing in board.standings:
        style = "bold" if standing.rank == 1 else "" if standing.f1 is not None else "dim"
        table.add_row(*(Text(column.show(standing)) for column in shown), style=style)
    return table


def _fitting(board: Board, width: int) -> list[Column]:
    """The columns that a line has room for; of the others report.md has all."""
    shown = columns(board)
    while sum(_needed(column, board) for column in shown) > width:
        lightest = min(shown, key=lambda column: column.weight)
        if lightest.weight == KEPT:
            break
        shown = [column for column in shown if column.weight > lightest.weight]
    return shown


def _needed(column: Column, board: Board) -> int:
    return GAP + max(cell_len(text) for text in (column.title, *(column.show(s) for s in board.standings)))
