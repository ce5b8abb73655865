"""`python -m benchmark.report`: writes the report of finished runs, from MLflow; imports no torch."""

import argparse
import gc
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.cli.arguments import add_store_option
from benchmark.cli.command import run_command
from benchmark.cli.output import Output
from benchmark.cli.parser import Parser
from benchmark.core.errors import DONE, InputError, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.reporting import RESULTS, folder_name
from tracking import Store

if TYPE_CHECKING:
    from benchmark.reporting.site import SuitePages

EXAMPLES = (
    "--suite classification",
    "--suite classification --dataset emot --max-ms 0.5 --min-kept 95",
    "--site public",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reports on one suite, or on every suite of the store."""
    args = build_parser().parse_args(arguments)
    if args.site and args.out:
        raise InputError("--site and --out both name the folder of the reports. Give one of them.")
    store, console = open_store(args.tracking_uri, create=False), Output()
    pages = [_report(store, suite, args, console) for suite in _suites(store, args.suite)]
    if args.site:
        from benchmark.reporting.site import write_site

        console.say(f"Site: {write_site(args.site, pages)}")
    return DONE


def _suites(store: Store, name: str | None) -> list[str]:
    suites = store.suites()
    if not suites:
        raise InputError("There are no runs yet. Start with `python -m benchmark.run --suite classification`.")
    if name is None:
        return suites
    if name not in suites:
        from benchmark.data.suite_document import suite_name

        name = suite_name(name)
    if name not in suites:
        raise UnknownNameError("suite", name, suites)
    return [name]


def _report(store: Store, suite: str, args: argparse.Namespace, console: Output) -> "SuitePages":
    # they draw: help and usage errors do without them
    from benchmark.reporting.best import Budget
    from benchmark.reporting.rendering import show_leaderboards, verdicts
    from benchmark.reporting.report import ranked, write_report
    from benchmark.reporting.site import SuitePages

    folder = args.out if args.out and args.suite else (args.site or args.out or RESULTS) / folder_name(suite)
    records = store.records(suite)
    rows = ranked(store, records)
    path = write_report(store, suite, folder, args.preset, records, rows)
    budget = Budget(max_ms=args.max_ms, max_mib=args.max_mib, min_kept=args.min_kept)
    show_leaderboards(rows, console, budget)
    if budget.is_set:
        console.say(*verdicts(rows, budget, args.preset, args.dataset))
    console.say(f"Report: {path}", f"Page: {path.with_name('report.html')}")
    return SuitePages(suite=suite, folder=folder_name(suite), rows=rows)


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("report", __doc__, EXAMPLES)
    runs = parser.add_argument_group("runs").add_argument
    runs("--suite", metavar="SUITE", help="name or FILE.yml of one suite (default: all that have runs)")
    runs("--preset", help="runs of one preset (default: all)")
    budget = parser.add_argument_group("budget", "the best student within it is printed")
    add = budget.add_argument
    add("-d", "--dataset", help="on this data set alone")
    add("--max-ms", type=_bound, metavar="MS", help="at most MS milliseconds per sentence")
    add("--max-mib", type=_bound, metavar="MIB", help="at most MIB on disk")
    add("--min-kept", type=_bound, metavar="P", help="at least P %% of the teacher's F1")
    places = parser.add_argument_group("places")
    places.add_argument("--out", type=Path, metavar="DIR", help="folder of the report (default: results/SUITE)")
    places.add_argument("--site", type=Path, metavar="DIR", help="static site: an index and a folder per suite")
    add_store_option(places)
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
