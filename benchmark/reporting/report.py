"""The report of a suite, from its records: files in a folder and in MLflow, and leaderboards in a terminal."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.core.cache import write_text
from benchmark.core.errors import UnknownNameError
from benchmark.core.streams import print_error
from benchmark.data.catalogue import DATASETS
from benchmark.reporting import report_folder
from benchmark.reporting.calibration import calibration_markdown
from benchmark.reporting.claims.claims_table import claims_markdown, claims_page, write_claims
from benchmark.reporting.claims.findings import findings
from benchmark.reporting.columns import combined_table
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.data_table import data_markdown, data_page
from benchmark.reporting.error_analysis import ErrorAnalysis, error_analysis
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.learning_rate_plot import tuning_page, tuning_studies, write_tuning
from benchmark.reporting.page import ReportSection, page_data, write_page
from benchmark.reporting.predictions import with_intervals
from benchmark.reporting.provenance import provenance
from benchmark.reporting.rendering import report_latex, report_markdown
from benchmark.reporting.results import Row, results, results_table
from benchmark.reporting.selection import planned_last
from benchmark.reporting.setting_facets import draw_facets, has_facets
from benchmark.reporting.table import Table, write_csv, write_parquet
from benchmark.reporting.tradeoff_plot import cost_axes, draw, write_figure
from tracking import Record, Store, StoreError, scratch_folder, ui_command, without_password

ROLE = "report"
"""Role of the run that holds the suite's report in MLflow."""
UPLOADED = ("report.html", "report.md", "report.tex", "results.csv", "leaderboard.csv", "claims.csv")
"""Files of the report in MLflow, beside the plots."""
DESCRIPTION = "The suite's report as of its latest run: open **report.html** under Artifacts."


def ranked(store: Store, records: Iterable[Record], data: Mapping[str, str] | None = None) -> list[Row]:
    """The rows of a suite's records with their intervals, to be ranked by the data that `data` names.

    `data` are digests by data set; other data sets are ranked by the data that their newest run read.
    """
    return planned_last(with_intervals(results(records), store), data or {})


def write_report(
    store: Store,
    suite: str,
    out: Path,
    preset: str | None = None,
    records: Sequence[Record] | None = None,
    rows: Sequence[Row] | None = None,
) -> Path:
    """Writes the report into `out`, each file atomically; returns the path of report.md.

    `preset` selects one preset. `records` are the suite's and `rows` their `ranked` rows, if they were just read.
    Raises InputError if the folder cannot be written and UnknownNameError if the preset has no runs.
    """
    records = store.records(suite) if records is None else records
    rows = ranked(store, records) if rows is None else rows
    if preset is not None:
        if preset not in (presets := {row.preset for row in rows}):
            raise UnknownNameError("preset", preset, presets)
        records = [record for record in records if record.tags.get("preset") == preset]
        rows = [row for row in rows if row.preset == preset]
    path = _write_files(store, suite, report_folder(out), records, rows)
    if preset is None:
        _upload(store, suite, out, records)
    return path


def _write_files(store: Store, suite: str, folder: Path, records: Sequence[Record], rows: Sequence[Row]) -> Path:
    sections = [_section(one, rows, store, records) for one in leaderboards(rows)]
    made = [section.leaderboard for section in sections]
    source, studies = provenance(records, rows, made), tuning_studies(records)
    judged = findings(rows, _mean_words(sections))
    tables: dict[str, Table[Any]] = {"results": results_table(rows), "leaderboard": combined_table(made)}
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
        write_parquet(folder / f"{name}.parquet", table)
    write_claims(folder / "claims.csv", judged)
    data = page_data(suite, sections, rows, source, records, store.runs_url(suite), ui_command(store.uri))
    data |= {"claims": claims_page(judged), "tuning": tuning_page(studies), "data": data_page(records)}
    data["uri"] = without_password(store.uri)
    write_page(folder / "report.html", data)
    write_text(folder / "report.tex", report_latex(made))
    plots = [_write_plot(folder, one, number) for number, one in enumerate(made, 1)]
    parts = [report_markdown(suite, made, rows, source, plots), data_markdown(records), calibration_markdown(made)]
    parts += [claims_markdown(judged), write_tuning(folder, studies), cost_markdown(records)]
    return write_text(folder / "report.md", "".join(parts))


def _section(leaderboard: Leaderboard, rows: Sequence[Row], store: Store, records: Sequence[Record]) -> ReportSection:
    """Runs whose files cannot be read leave their part out."""
    by_dataset = dataset_leaderboards(leaderboard, rows)
    analyses = [error_analysis(one, store, records) for one in by_dataset]
    n_test = {one.dataset: n for one in analyses if (n := _n_test(one)) is not None}
    return ReportSection(
        leaderboard=replace(leaderboard, n_test=n_test),
        by_dataset=[replace(one, n_test=n_test) for one in by_dataset],
        error_analyses=analyses,
    )


def _n_test(analysis: ErrorAnalysis) -> int | None:
    """Number of test texts: as counted in predictions, else of the catalogue."""
    entry = DATASETS.get(analysis.dataset)
    return analysis.n_test or (entry.n_rows["test"] if entry and entry.origin != "private" else None)


def _mean_words(sections: Iterable[ReportSection]) -> dict[str, float]:
    """Mean words of a test text by data set, for data sets with predictions."""
    analyses = (analysis for section in sections for analysis in section.error_analyses)
    return {one.dataset: one.mean_words for one in analyses if one.mean_words is not None}


def _write_plot(folder: Path, leaderboard: Leaderboard, number: int) -> str:
    """Name of the PNG; empty if there is nothing to plot."""
    if not cost_axes(leaderboard):
        return ""
    name = "trade_off" if number == 1 else f"trade_off_{number}"
    figure = draw_facets(leaderboard) if has_facets(leaderboard) else draw(leaderboard)
    write_figure(figure, folder / f"{name}.svg", folder / f"{name}.png")
    return f"{name}.png"


def _upload(store: Store, suite: str, folder: Path, records: Sequence[Record]) -> None:
    """Stores the report's files in MLflow; prints a line if the store cannot be written."""
    try:
        with scratch_folder() as staged:
            for path in (*(folder / name for name in UPLOADED), *folder.glob("trade_off*")):
                shutil.copy(path, staged)
            _log_artifacts(store, suite, staged, records)
    except StoreError as error:
        print_error(f"The report was written but could not be stored in MLflow: {error}")


def _log_artifacts(store: Store, suite: str, staged: Path, records: Sequence[Record]) -> None:
    """Adds the files to the suite's run of role `report`, which is made if there is none."""
    run_ids = [record.run_id for record in records if record.tags.get("role") == ROLE]
    if run_ids:
        store.add_artifacts(run_ids[0], staged)
        return
    run = store.begin(suite, ROLE, tags={"role": ROLE, "key": ROLE, "mlflow.note.content": DESCRIPTION}, params={})
    run.log_artifacts(staged)
    run.finish({})
