"""`python -m benchmark.study NAME`: an experiment of the paper's discussion, as a run of its settings and a table.

NAME stands first; every option of `benchmark.run` but --setting may follow. Conditions are settings, so their runs
are runs like any other: what is done is not done again.
"""

import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from benchmark import run
from benchmark.command import run_command
from benchmark.data.catalogue import DATASETS
from benchmark.errors import InputError
from benchmark.options import known, parser, request
from benchmark.plan import plan_runs
from benchmark.report import RESULTS, folder_name
from benchmark.reporting.files import report_folder
from benchmark.reporting.results import results
from benchmark.rooms import Rooms
from benchmark.spec import TUNED
from benchmark.studies.experiments import EXPERIMENTS
from benchmark.studies.table import answer, write_study
from tracking import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser("python -m benchmark.study NAME", f"{__doc__} Names: {', '.join(EXPERIMENTS)}.")
    if not given or given[0].startswith("-"):
        options.parse_args(["--help"] if {"-h", "--help"} & set(given) else ["--suite", "", "NAME is missing"])
    name, *rest = given
    known("study", [name], EXPERIMENTS)
    experiment = EXPERIMENTS[name]
    rest += _suite(rest)
    asked = options.parse_args(rest)
    if asked.setting or asked.learning_rate == TUNED:
        raise InputError(f"Study {name!r} sets --setting itself, and compares at one learning rate or the grid.")
    rest += [word for setting in experiment.conditions.values() for word in ("-x", setting)]
    code = run.main(rest)
    if asked.dry_run:
        return code
    wanted = request(options.parse_args(rest))
    rooms = Rooms(suite=wanted.suite, teacher=wanted.teacher, vectors=wanted.vectors, limit=wanted.limit)
    keys = {item.spec.key for item in plan_runs(wanted, rooms)}
    rows = [row for row in results(Store.open(asked.tracking_uri).records(wanted.suite.name)) if row.key in keys]
    out = report_folder((asked.out or RESULTS / folder_name(wanted.suite.name)) / "studies" / name)
    _close(write_study(out, name, experiment, rows), answer(experiment, rows))
    return code


def _suite(arguments: Sequence[str]) -> list[str]:
    """The suite of the first data set that is named, where none is; else classification."""
    if any(word == "--suite" or word.startswith("--suite=") for word in arguments):
        return []
    named = (after for before, after in pairwise(arguments) if before in ("-d", "--dataset"))
    entry = DATASETS.get(next(named, ""))
    return ["--suite", entry.task if entry else "classification"]


def _close(path: Path, sentences: Sequence[str]) -> None:
    console = Console()
    for line in (*sentences, f"Study: {path}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(main)
