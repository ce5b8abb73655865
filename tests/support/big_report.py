"""The page of a report of very many runs, without a store, with an analysis of each data set."""

import random
from collections.abc import Sequence
from pathlib import Path

from benchmark.reporting.claims.claims_table import claims_page
from benchmark.reporting.data_table import data_page
from benchmark.reporting.error_analysis import Confusion, ErrorAnalysis, LengthBin, label
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.learning_rate_plot import tuning_page
from benchmark.reporting.page import ReportSection, page_data, write_page
from benchmark.reporting.provenance import provenance
from benchmark.reporting.results import results
from tests.support.run_factory import LADDER, many_records


def write_big_page(path: Path, n_datasets: int, students: Sequence[str], seeds: int = 3) -> Path:
    """Of students in the paper's ladder of settings."""
    records = many_records(n_datasets, students, LADDER, seeds)
    rows = results(records)
    [leaderboard] = leaderboards(rows)
    by_dataset = dataset_leaderboards(leaderboard, rows)
    section = ReportSection(
        leaderboard=leaderboard,
        by_dataset=by_dataset,
        error_analyses=[_analysis(one, random.Random(0)) for one in by_dataset],
    )
    source = provenance(records, rows, [leaderboard])
    data = page_data("classification", [section], rows, source, records, "http://127.0.0.1:5000/", "ui")
    data |= {"claims": claims_page(()), "tuning": tuning_page(()), "data": data_page(records)}
    return write_page(path, data | {"uri": "sqlite:///runs.db"})


def _analysis(leaderboard: Leaderboard, dice: random.Random) -> ErrorAnalysis:
    names = [label(entry, leaderboard) for entry in leaderboard.entries]
    labels = tuple(f"a label of some length {number}" for number in range(30))
    return ErrorAnalysis(
        dataset=leaderboard.datasets[0],
        best=names[1],
        f1_by_class={name: {one: dice.random() for one in labels} for name in names[:2]},
        confusion=Confusion(labels=labels, counts=tuple(tuple(range(30)) for _ in labels)),
        lengths={
            name: [LengthBin(shortest=n, longest=n, n_texts=100, error=dice.random()) for n in range(5)]
            for name in names
        },
        curves={name: [(epoch, dice.random()) for epoch in range(20)] for name in names},
    )
