"""`python -m benchmark.latency --suite S`: the whole latency protocol over the finished runs of a suite.

`run` measures each run once with a small budget; this command is for published numbers. Keep the machine idle
otherwise.
"""

import argparse
from collections.abc import Sequence

from benchmark.cli.arguments import add_store_option
from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser, minutes

EXAMPLES = ("--suite classification", "--suite FILE.yml -d banking77 --budget quick --again")


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("latency", __doc__, EXAMPLES)
    add = parser.add_argument_group("runs").add_argument
    add("--suite", required=True, help="classification, sequence_labeling, or your own FILE.yml")
    add("-d", "--dataset", action="append", default=[], help="data set; repeatable (default: all with finished runs)")
    add("--teacher", help="folder of the pretrained encoder, if it was moved since the runs")
    add("--again", action="store_true", help="repeat measurements of this machine")
    measuring = parser.add_argument_group("measuring").add_argument
    measuring("--budget", default="full", help="full (default; minutes per data set) or quick (as `run`)")
    price = "add the price of a million sentences, in any currency"
    measuring("--price-per-core-hour", type=_price, metavar="X", help=price)
    add_store_option(parser.add_argument_group("places"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures finished runs; returns the exit code."""
    args = build_parser().parse_args(arguments)
    from benchmark.cli.latency_run import measure_suite  # imports torch, which help and usage errors do without

    return measure_suite(args)


def _price(text: str) -> float:
    try:
        return minutes(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a price above 0") from None


if __name__ == "__main__":
    run_command(main)
