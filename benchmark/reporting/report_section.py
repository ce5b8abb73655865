"""Boards with all that a reader can ask about them, gathered from the store."""

from collections.abc import Sequence
from dataclasses import replace

from benchmark.data.catalogue import DATASETS
from benchmark.reporting.error_analysis import Insight, insight
from benchmark.reporting.leaderboard import boards, dataset_boards
from benchmark.reporting.leaderboard_entry import Board
from benchmark.reporting.page_data import Chapter
from benchmark.reporting.results import Row
from tracking import Record, Store


def chapters(rows: Sequence[Row], store: Store, records: Sequence[Record]) -> list[Chapter]:
    """One for each board; a run whose files cannot be read leaves a part out, never all."""
    return [_chapter(board, rows, store, records) for board in boards(rows)]


def _chapter(board: Board, rows: Sequence[Row], store: Store, records: Sequence[Record]) -> Chapter:
    alone = dataset_boards(board, rows)
    insights = [insight(one, store, records) for one in alone]
    n_test = {one.dataset: n for one in insights if (n := _n_test(one)) is not None}
    return Chapter(
        board=replace(board, n_test=n_test),
        alone=[replace(one, n_test=n_test) for one in alone],
        insights=insights,
    )


def _n_test(of: Insight) -> int | None:
    """As the runs' answers count them, else as the catalogue does."""
    entry = DATASETS.get(of.dataset)
    return of.n_test or (entry.n_rows["test"] if entry and entry.origin != "private" else None)
