"""`python -m benchmark.report`: writes the report of finished runs, from MLflow; imports no torch."""

import argparse
import gc
from collections.abc import Sequence
from math import inf
from pathlib import Path

from rich.console import Console

from benchmark.cli.command import Output, run_command
from benchmark.core.errors import DONE, InputError, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.reporting import RESULTS, folder_name
from benchmark.reporting.report import print_leaderboard, print_verdict, ranked, write_report
from benchmark.reporting.summary import Budget
from tracking import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Reports on one suite, or on every suite of the store."""
    args = _parser().parse_args(arguments)
    store, console = open_store(args.tracking_uri, create=False), Output()
    for suite in _suites(store, args.suite):
        _report(store, suite, args, console)
    return DONE


def _suites(store: Store, name: str | None) -> list[str]:
    suites = store.suites()
    if not suites:
        raise InputError("There are no runs yet. Start with `python -m benchmark.run --suite classification`.")
    if name is None:
        return suites
    if name not in suites:
        raise UnknownNameError("suite", name, suites)
    return [name]


def _report(store: Store, suite: str, args: argparse.Namespace, console: Console) -> None:
    folder = args.out if args.out and args.suite else (args.out or RESULTS) / folder_name(suite)
    records = store.records(suite)
    rows = ranked(store, records)
    path = write_report(store, suite, folder, args.preset, records, rows)
    print_leaderboard(rows, console)
    budget = Budget(max_ms=args.max_ms, max_mib=args.max_mib, min_kept=args.min_kept)
    if budget.is_set:
        print_verdict(rows, budget, args.preset, args.dataset, console)
    console.print(f"Report: {path}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"Page: {path.with_name('report.html')}", markup=False, highlight=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.report", description=__doc__)
    parser.add_argument("--suite", help="one suite (default: all that have runs)")
    parser.add_argument("--preset", help="runs of one preset (default: all)")
    parser.add_argument("--out", type=Path, help="folder of the report (default: results/SUITE)")
    parser.add_argument("--tracking-uri", help="run store (default: MLFLOW_TRACKING_URI, then mlflow.yml)")
    parser.add_argument("-d", "--dataset", help="with a budget: the best student on this data set alone")
    parser.add_argument("--max-ms", type=_bound, metavar="MS", help="print the best student of at most MS per sentence")
    parser.add_argument("--max-mib", type=_bound, metavar="MIB", help="... of at most MIB on disk")
    parser.add_argument("--min-kept", type=_bound, metavar="P", help="... with at least P %% of the teacher's F1")
    return parser


def _bound(text: str) -> float:
    """A finite number of at least 0."""
    try:
        bound = float(text)
    except ValueError:
        bound = -1.0
    if not 0 <= bound < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return bound


if __name__ == "__main__":
    gc.disable()  # thousands of runs are a million objects without cycles; to look for some takes a sixth of the time
    run_command(main)
