"""`python -m benchmark.study NAME`: runs an experiment of the paper's discussion and writes its effects.

It takes the options of `run` except --setting: the conditions of a study are settings, and finished runs are not
repeated.
"""

from collections.abc import Sequence

from benchmark.cli.arguments import parser
from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser

EXAMPLES = (
    "losses --suite classification -s cnn --dry-run",
    "length --preset paper --dataset emot --seeds 3",
)


def build_parser() -> Parser:
    """Parser of the command line."""
    return parser("study", __doc__, EXAMPLES, of_study=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a study and writes its table; returns the exit code."""
    args = build_parser().parse_args(arguments)
    from benchmark.cli.study_run import run_study  # imports torch, which help and usage errors do without

    return run_study(args)


if __name__ == "__main__":
    run_command(main)
