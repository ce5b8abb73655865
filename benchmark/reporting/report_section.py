"""Boards with all that a reader can ask about them, gathered from the store."""

from collections.abc import Sequence
from dataclasses import replace

from benchmark.data.catalogue import DATASETS
from benchmark.reporting.error_analysis import ErrorAnalysis, error_analysis
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.page_data import ReportSection
from benchmark.reporting.results import Row
from tracking import Record, Store


def sections(rows: Sequence[Row], store: Store, records: Sequence[Record]) -> list[ReportSection]:
    """One for each board; a run whose files cannot be read leaves a part out, never all."""
    return [_section(leaderboard, rows, store, records) for leaderboard in leaderboards(rows)]


def _section(leaderboard: Leaderboard, rows: Sequence[Row], store: Store, records: Sequence[Record]) -> ReportSection:
    alone = dataset_leaderboards(leaderboard, rows)
    error_analyses = [error_analysis(one, store, records) for one in alone]
    n_test = {one.dataset: n for one in error_analyses if (n := _n_test(one)) is not None}
    return ReportSection(
        leaderboard=replace(leaderboard, n_test=n_test),
        alone=[replace(one, n_test=n_test) for one in alone],
        error_analyses=error_analyses,
    )


def _n_test(of: ErrorAnalysis) -> int | None:
    """As the runs' answers count them, else as the catalogue does."""
    entry = DATASETS.get(of.dataset)
    return of.n_test or (entry.n_rows["test"] if entry and entry.origin != "private" else None)
