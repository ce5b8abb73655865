"""`python -m benchmark.report`: everything that is known of the runs, from MLflow alone. Torch is not imported."""

import argparse
import gc
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path

from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.core.errors import DONE, InputError, UnknownNameError
from benchmark.reporting.budget import Budget, verdict
from benchmark.reporting.claims.tables import claims_markdown, claims_page, write_claims
from benchmark.reporting.claims.verdicts import findings
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.files import RESULTS, folder_name, report_folder, write_text
from benchmark.reporting.latex import latex
from benchmark.reporting.leaderboard import boards, dataset_boards
from benchmark.reporting.leaderboard_entry import Board
from benchmark.reporting.markdown import markdown
from benchmark.reporting.page import write_page
from benchmark.reporting.page_data import Chapter, page_data
from benchmark.reporting.provenance import origin
from benchmark.reporting.report_section import chapters
from benchmark.reporting.results import Row, results
from benchmark.reporting.selection import planned_last
from benchmark.reporting.tabular import write_leaderboards, write_results
from benchmark.reporting.terminal import show_boards
from benchmark.reporting.tradeoff import cost_axes
from benchmark.reporting.tradeoff_plot import write_pictures
from benchmark.reporting.tuning_section import searches, searches_page, write_searches
from benchmark.reporting.upload import attach
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
    told = chapters(rows, store, records)
    made = [chapter.board for chapter in told]
    source = origin(records, rows)
    write_results(folder, rows)
    write_leaderboards(folder, made)
    judged = findings(rows, _words(told))
    write_claims(folder, judged)
    where = store.runs_url(suite), ui_command(store.uri)
    found = searches(records)
    more = {"claims": claims_page(judged), "searches": searches_page(found)}
    write_page(folder / "report.html", page_data(suite, told, rows, source, records, *where) | more)
    write_text(folder / "report.tex", latex(made))
    pictures = [_pictures(folder, board, number) for number, board in enumerate(made)]
    parts = [markdown(suite, made, rows, source, pictures), claims_markdown(judged)]
    parts += [write_searches(folder, found), cost_markdown(records)]
    path = write_text(folder / "report.md", "".join(parts))
    if preset is None:
        attach(store, suite, folder, records)
    return path


def print_leaderboard(
    store: Store, suite: str, console: Console | None = None, rows: Sequence[Row] | None = None
) -> None:
    """Prints the suite's leaderboards with their answers; `rows` as `write_report` takes them."""
    show_boards(boards(ranked(store.records(suite)) if rows is None else rows), console or Console())


def print_verdict(rows: Sequence[Row], asked: argparse.Namespace, budget: Budget, console: Console) -> None:
    """Prints which student is best for the budget, on each of the rows' leaderboards."""
    for board in boards(rows):
        if asked.preset in (None, board.preset):
            if asked.dataset:
                _known("data set", asked.dataset, set(board.datasets))
                board = dict(zip(board.datasets, dataset_boards(board, rows), strict=True))[asked.dataset]
            text = f"{board.preset}: {verdict(board, budget)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)


def _words(told: Sequence[Chapter]) -> dict[str, float]:
    """Mean words of a test text by data set, where answers were kept."""
    insights = (insight for chapter in told for insight in chapter.insights)
    return {insight.dataset: insight.mean_words for insight in insights if insight.mean_words is not None}


def _pictures(folder: Path, board: Board, number: int) -> str:
    """Name of the PNG; empty where there is nothing to draw. The first board's has the plain name."""
    if not cost_axes(board):
        return ""
    name = "trade_off" if number == 0 else f"trade_off_{number + 1}"
    return write_pictures(folder / f"{name}.svg", folder / f"{name}.png", board=board).name


def _known(kind: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reports on one suite, or on every suite of the store."""
    asked = _parser().parse_args(arguments)
    budget = Budget(max_ms=asked.max_ms, max_mib=asked.max_mib, min_kept=asked.min_kept)
    console = Console()
    store = Store.open(asked.tracking_uri, create=False)
    suites = store.suites()
    if not suites:
        raise InputError("There are no runs yet. Start with `python -m benchmark.run --suite classification`.")
    if asked.suite:
        _known("suite", asked.suite, set(suites))
        suites = [asked.suite]
    for suite in suites:
        out = asked.out or RESULTS
        records, folder = store.records(suite), out if asked.out and asked.suite else out / folder_name(suite)
        rows = ranked(records)
        path = write_report(store, suite, folder, asked.preset, records, rows)
        print_leaderboard(store, suite, console, rows)
        if budget.is_set:
            print_verdict(rows, asked, budget, console)
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
