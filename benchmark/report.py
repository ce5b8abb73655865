"""`python -m benchmark.report`: everything that is known of the runs, from MLflow alone. Torch is not imported."""

import argparse
import gc
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path

from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.core.errors import DONE, InputError, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.reporting.budget import Budget, verdict
from benchmark.reporting.claims.findings import findings
from benchmark.reporting.claims.tables import claims_markdown, claims_page, write_claims
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.files import RESULTS, folder_name, report_folder, write_text
from benchmark.reporting.latex import latex
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.leaderboard_entry import Leaderboard
from benchmark.reporting.markdown import markdown
from benchmark.reporting.page import write_page
from benchmark.reporting.page_data import ReportSection, page_data
from benchmark.reporting.provenance import provenance
from benchmark.reporting.report_section import sections
from benchmark.reporting.results import Row, results
from benchmark.reporting.selection import planned_last
from benchmark.reporting.tabular import write_leaderboards, write_results
from benchmark.reporting.terminal import show_leaderboards
from benchmark.reporting.tradeoff import cost_axes
from benchmark.reporting.tradeoff_plot import write_tradeoff_plot
from benchmark.reporting.tuning_section import tuning_page, tuning_studies, write_tuning
from benchmark.reporting.upload import upload_report
from tracking import Record, Store, ui_command


def ranked(records: Iterable[Record], data: Mapping[str, str] | None = None) -> list[Row]:
    """The rows of a suite's records. `data` are digests, by data set, of what is to be ranked where there are runs of
    it; else each data set is ranked as its newest run read it."""
    return planned_last(results(records), data or {})


def write_report(
    store: Store,
    suite: str,
    out: Path,
    preset: str | None = None,
    records: Sequence[Record] | None = None,
    rows: Sequence[Row] | None = None,
) -> Path:
    """Writes report.html, report.md, report.tex, tables of results, leaderboard and claims, and pictures into `out`.

    Each file is written whole or not at all. Returns the path of report.md. `preset` leaves out all other presets;
    `records` are the suite's and `rows` the `ranked` ones of them, where they have just been read.
    Raises InputError where the folder cannot be written and UnknownNameError where the preset has no runs.
    """
    records = store.records(suite) if records is None else records
    rows = ranked(records) if rows is None else rows
    if preset is not None:
        _known("preset", preset, {row.preset for row in rows})
        records = [record for record in records if record.tags.get("preset") == preset]
        rows = [row for row in rows if row.preset == preset]
    folder = report_folder(out)
    told = sections(rows, store, records)
    made = [section.leaderboard for section in told]
    source = provenance(records, rows)
    write_results(folder, rows)
    write_leaderboards(folder, made)
    judged = findings(rows, _words(told))
    write_claims(folder / "claims.csv", judged)
    where = store.runs_url(suite), ui_command(store.uri)
    found = tuning_studies(records)
    more = {"claims": claims_page(judged), "searches": tuning_page(found)}
    write_page(folder / "report.html", page_data(suite, told, rows, source, records, *where) | more)
    write_text(folder / "report.tex", latex(made))
    pictures = [_pictures(folder, leaderboard, number) for number, leaderboard in enumerate(made)]
    parts = [markdown(suite, made, rows, source, pictures), claims_markdown(judged)]
    parts += [write_tuning(folder, found), cost_markdown(records)]
    path = write_text(folder / "report.md", "".join(parts))
    if preset is None:
        upload_report(store, suite, folder, records)
    return path


def print_leaderboard(
    store: Store, suite: str, console: Console | None = None, rows: Sequence[Row] | None = None
) -> None:
    """Prints the suite's leaderboards with their answers; `rows` as `write_report` takes them."""
    show_leaderboards(leaderboards(ranked(store.records(suite)) if rows is None else rows), console or Console())


def print_verdict(rows: Sequence[Row], args: argparse.Namespace, budget: Budget, console: Console) -> None:
    """Prints which student is best for the budget, on each of the rows' leaderboards."""
    for leaderboard in leaderboards(rows):
        if args.preset in (None, leaderboard.preset):
            if args.dataset:
                _known("data set", args.dataset, set(leaderboard.datasets))
                leaderboard = dict(zip(leaderboard.datasets, dataset_leaderboards(leaderboard, rows), strict=True))[
                    args.dataset
                ]
            text = f"{leaderboard.preset}: {verdict(leaderboard, budget)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)


def _words(told: Sequence[ReportSection]) -> dict[str, float]:
    """Mean words of a test text by data set, where answers were kept."""
    error_analyses = (error_analysis for section in told for error_analysis in section.error_analyses)
    return {
        error_analysis.dataset: error_analysis.mean_words
        for error_analysis in error_analyses
        if error_analysis.mean_words is not None
    }


def _pictures(folder: Path, leaderboard: Leaderboard, number: int) -> str:
    """Name of the PNG; empty where there is nothing to draw. The first board's has the plain name."""
    if not cost_axes(leaderboard):
        return ""
    name = "trade_off" if number == 0 else f"trade_off_{number + 1}"
    return write_tradeoff_plot(folder / f"{name}.svg", folder / f"{name}.png", leaderboard=leaderboard).name


def _known(kind: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reports on one suite, or on every suite of the store."""
    args = _parser().parse_args(arguments)
    budget = Budget(max_ms=args.max_ms, max_mib=args.max_mib, min_kept=args.min_kept)
    console = Console()
    store = open_store(args.tracking_uri, create=False)
    suites = store.suites()
    if not suites:
        raise InputError("There are no runs yet. Start with `python -m benchmark.run --suite classification`.")
    if args.suite:
        _known("suite", args.suite, set(suites))
        suites = [args.suite]
    for suite in suites:
        out = args.out or RESULTS
        records, folder = store.records(suite), out if args.out and args.suite else out / folder_name(suite)
        rows = ranked(records)
        path = write_report(store, suite, folder, args.preset, records, rows)
        print_leaderboard(store, suite, console, rows)
        if budget.is_set:
            print_verdict(rows, args, budget, console)
        console.print(f"Report: {path}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"Page: {path.with_name('report.html')}", markup=False, highlight=False, soft_wrap=True)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.report", description=__doc__)
    parser.add_argument("--suite", help="one suite; all that have runs otherwise")
    parser.add_argument("--preset", help="runs of one preset; all otherwise")
    parser.add_argument("--out", type=Path, help="folder of the report (default: results/SUITE)")
    parser.add_argument("--tracking-uri", help="where the runs are (default: MLFLOW_TRACKING_URI, mlflow.yml)")
    parser.add_argument("-d", "--dataset", help="with a budget: the best on this data set alone")
    parser.add_argument(
        "--max-ms", type=_bound, metavar="MS", help="also name the best student of at most MS a sentence"
    )
    parser.add_argument("--max-mib", type=_bound, metavar="MIB", help="... of at most MIB on disk")
    parser.add_argument("--min-kept", type=_bound, metavar="P", help="... that keeps at least P %% of the teacher's F1")
    return parser


def _bound(text: str) -> float:
    """A finite number from 0 on."""
    try:
        bound = float(text)
    except ValueError:
        bound = -1.0
    if not 0 <= bound < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return bound


if __name__ == "__main__":
    gc.disable()  # thousands of runs are a million objects without cycles; to look for some takes a sixth of the time
    run_command(main)
