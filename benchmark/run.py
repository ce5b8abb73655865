"""`python -m benchmark.run`: plan, run what is missing, measure, track, report."""

from collections.abc import Sequence

from benchmark.cli.benchmark_run import run_benchmark
from benchmark.cli.command import Output, run_command
from benchmark.cli.options import benchmark_config, parser
from benchmark.execution.pipeline import Pipeline


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a benchmark; returns the exit code."""
    args = parser("python -m benchmark.run", __doc__).parse_args(arguments)
    return run_benchmark(Pipeline.plan(benchmark_config(args)), Output())


if __name__ == "__main__":
    run_command(main)
