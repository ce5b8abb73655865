"""`python -m benchmark.report`: everything that is known of the runs, from MLflow alone. Torch is not imported."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmark.command import DONE, run_command
from benchmark.errors import InputError, UnknownNameError
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.files import report_folder, write_text
from benchmark.reporting.leaderboard import boards
from benchmark.reporting.markdown import markdown
from benchmark.reporting.origin import origin
from benchmark.reporting.page import write_page
from benchmark.reporting.picture import write_picture
from benchmark.reporting.results import results
from benchmark.reporting.standing import Board
from benchmark.reporting.tabular import write_csv, write_parquet
from benchmark.reporting.terminal import show_boards
from benchmark.reporting.trade_off import cost_axes
from tracking import Store

RESULTS = Path("results")


def write_report(store: Store, suite: str, out: Path, preset: str | None = None) -> Path:
    """Writes results.csv, results.parquet, report.md, trade_off.html and the pictures of a suite into the folder `out`.

    Each file is written whole or not at all. Returns the path of report.md. `preset` leaves out all other presets.
    Raises InputError where the folder cannot be written and UnknownNameError where the preset has no runs.
    """
    records = store.records(suite)
    rows = results(records)
    if preset is not None:
        _known("preset", preset, {row.preset for row in rows})
        records = [record for record in records if record.tags.get("preset") == preset]
        rows = [row for row in rows if row.preset == preset]
    folder = report_folder(out)
    made = boards(rows)
    write_csv(folder / "results.csv", rows)
    write_parquet(folder / "results.parquet", rows)
    write_page(folder / "trade_off.html", suite, made)
    pictures = [_pictures(folder, board, number) for number, board in enumerate(made)]
    text = markdown(suite, made, rows, origin(records, rows), pictures) + cost_markdown(records)
    return write_text(folder / "report.md", text)


def print_leaderboard(store: Store, suite: str, console: Console | None = None) -> None:
    """Prints the suite's leaderboards with their answers."""
    show_boards(boards(results(store.records(suite))), console or Console())


def _pictures(folder: Path, board: Board, number: int) -> str:
    """Name of the PNG; empty where there is nothing to draw. The first board's has the plain name."""
    if not cost_axes(board):
        return ""
    name = "trade_off" if number == 0 else f"trade_off_{number + 1}"
    write_picture(folder / f"{name}.svg", board)
    return write_picture(folder / f"{name}.png", board).name


def _known(kind: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reports on one suite, or on every suite of the store."""
    asked = _parser().parse_args(arguments)
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
        path = write_report(store, suite, out if asked.out and asked.suite else out / folder_name(suite), asked.preset)
        print_leaderboard(store, suite, console)
        console.print(f"Report: {path}", markup=False, highlight=False, soft_wrap=True)
    return DONE


def folder_name(suite: str) -> str:
    """The suite's name as one folder's name."""
    return suite.replace("/", "_").replace("\\", "_").lstrip(".") or "suite"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.report", description=__doc__)
    parser.add_argument("--suite", help="one suite; all that have runs otherwise")
    parser.add_argument("--preset", help="runs of one preset; all otherwise")
    parser.add_argument("--out", type=Path, help="folder of the report (default: results/SUITE)")
    parser.add_argument("--tracking-uri", help="where the runs are (default: MLFLOW_TRACKING_URI, mlflow.yml)")
    return parser


if __name__ == "__main__":
    run_command(main)
