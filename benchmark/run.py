"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

from collections.abc import Sequence

from benchmark.cli.arguments import parser
from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser

EXAMPLES = (
    "--suite classification",
    "--suite classification --preset paper --dry-run",
    "--suite FILE.yml --teacher ../my-bert",
    "--suite FILE.yml -s bilstm -x kd -x kd_ulb_bert --seeds 3",
)


def build_parser() -> Parser:
    """Parser of the command line."""
    return parser("run", __doc__, EXAMPLES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a benchmark; returns the exit code."""
    args = build_parser().parse_args(arguments)
    from benchmark.cli.benchmark_run import plan_and_run  # imports torch, which help and usage errors do without

    return plan_and_run(args)


if __name__ == "__main__":
    run_command(main)
