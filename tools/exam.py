"""The published benchmark: `python -m tools.exam --teacher MODEL` runs its grids, studies and measurements in order.

It is resumed by the same command, as its parts are. `--dry-run` prints each part's plan and the expected time of all.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmark import latency, report, run, study
from benchmark.cli.command import run_command
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import DONE
from benchmark.execution.pipeline import Pipeline

PUBLIC = {
    "classification": ("emot", "senta", "smsa"),
    "sequence_labeling": ("nergrit", "terma", "nerp", "posp", "pos"),
}
"""Data sets of the paper that are public, by suite."""
ENGLISH = "clinc150"
"""Short texts and 150 balanced classes, as the paper's Telco, which is private."""
STUDIES = ("length", "balance", "domain", "losses")

SEARCHED = ("--preset", "paper", "--learning-rate", "grid", "--no-latency")
SMALL = ("-s", "bilstm", "-s", "cnn", "-s", "bert_tiny", "--seeds", "3", "--max-steps", "4000")
LARGE = ("-s", "bert_mini", "-s", "bert_small", "-x", "vanilla", "-x", "kd", "-x", "kd_ulb_bert", "--max-steps", "2000")
ENGLISH_GRID = ("-d", ENGLISH, "-s", "bilstm", "-s", "cnn", "--max-steps", "4000")


@dataclass(frozen=True)
class Grid:
    """One `benchmark.run` of the benchmark."""

    suite: str
    options: tuple[str, ...]

    def arguments(self, teacher: Sequence[str]) -> list[str]:
        return ["--suite", self.suite, *SEARCHED, *self.options, *teacher]

    def seconds(self, teacher: Sequence[str]) -> float:
        """Expected duration of its pending runs in s."""
        config = benchmark_config(run.build_parser().parse_args([*self.arguments(teacher), "--dry-run"]))
        return sum(Pipeline.plan(config).seconds.values())


def grids() -> Iterator[Grid]:
    """The grids, the most informative first."""
    for options in (SMALL, LARGE):
        for suite, datasets in PUBLIC.items():
            yield Grid(suite, (*(part for name in datasets for part in ("-d", name)), *options))
    yield Grid("classification", ENGLISH_GRID)


def study_arguments(name: str, teacher: Sequence[str]) -> list[str]:
    """Command line of `benchmark.study` for one study of the English data set."""
    return [
        name,
        *SEARCHED,
        "-d",
        ENGLISH,
        "-s",
        "bilstm",
        "-s",
        "cnn",
        "--seeds",
        "3",
        "--max-steps",
        "4000",
        *teacher,
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is missing of all parts, measures latencies, writes the reports; returns the last exit code but 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.exam", description=__doc__)
    parser.add_argument("--teacher", default="", help="hub id or folder (default: the paper's)")
    parser.add_argument("--dry-run", action="store_true", help="print the plans and the expected time")
    args = parser.parse_args(arguments)
    teacher = ("--teacher", args.teacher) if args.teacher else ()
    expected = timedelta(seconds=round(sum(grid.seconds(teacher) for grid in grids())))
    print(f"Expected time of the grids: {expected}; studies and latencies come on top.", flush=True)
    dry = ("--dry-run",) if args.dry_run else ()
    codes = [run.main([*grid.arguments(teacher), *dry]) for grid in grids()]
    codes += [study.main([*study_arguments(name, teacher), *dry]) for name in STUDIES]
    if not args.dry_run:
        codes += [command(["--suite", suite]) for command in (latency.main, report.main) for suite in PUBLIC]
    return next((code for code in reversed(codes) if code != DONE), DONE)


if __name__ == "__main__":
    run_command(main)
