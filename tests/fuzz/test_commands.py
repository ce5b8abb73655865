"""Whatever a command line says: its options, or one usage error."""

import argparse
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark import latency, merge, predict, report, tune
from benchmark import list as runs
from benchmark.cli import tuning_run
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.cli.parser import MAX_SEED
from benchmark.core.errors import BenchmarkError
from tests.support.fuzzing import fuzzed

NUMBER = st.sampled_from(
    ["0", "1", "-1", "1e-3", "1e999", "nan", "inf", "²", "٣", "grid", "tuned", "", "9" * 5000, "0x1"]
)
WORDS = NUMBER | st.sampled_from(
    ["cnn", "kd", "emot", "paper", "cpu", "cuda:99999999999", "classification", "\0", "x.yml"]
)


def _arguments(made: argparse.ArgumentParser) -> st.SearchStrategy[list[str]]:
    options = st.sampled_from(sorted(made._option_string_actions))
    pairs = st.lists(st.tuples(options, WORDS | st.text(max_size=6)).map(list), max_size=5)
    return pairs.map(lambda found: [word for pair in found for word in pair])


@fuzzed
@given(_arguments(parser("run")))
def test_options_of_run(arguments: list[str]) -> None:
    with suppress(SystemExit, BenchmarkError):
        args = parser("run").parse_args(["--suite", "classification", *arguments])
        config = benchmark_config(args)
        assert config.seeds
        assert config.learning_rate in (None, "grid") or 0 < float(config.learning_rate) <= 1


@fuzzed
@given(_arguments(report.build_parser()))
def test_options_of_report(arguments: list[str]) -> None:
    with suppress(SystemExit):
        args = report.build_parser().parse_args(arguments)
        assert args.max_ms is None or 0 <= args.max_ms < float("inf")


COMMANDS: dict[str, tuple[Callable[[], argparse.ArgumentParser], list[str]]] = {
    "latency": (latency.build_parser, ["--suite", "classification"]),
    "list": (runs.build_parser, []),
    "merge": (merge.build_parser, ["sqlite:///a.db"]),
    "predict": (predict.build_parser, ["bundle", "teks"]),
    "tune": (tune.build_parser, ["--dataset", "emot", "--student", "cnn"]),
}
"""How each command reads its words, and those that it needs; `benchmark.study` reads the words of `benchmark.run`."""


@pytest.mark.parametrize("command", sorted(COMMANDS))
@fuzzed
@given(st.data())
def test_options_of_other_commands(command: str, data: st.DataObject) -> None:
    made, needed = COMMANDS[command][0](), COMMANDS[command][1]
    words = data.draw(_arguments(made)) + data.draw(st.lists(WORDS, max_size=2))
    with suppress(SystemExit, BenchmarkError):
        args = made.parse_args([*needed, *words])
        assert command != "tune" or 0 <= tuning_run._benchmark_config(args).seeds[0] <= MAX_SEED


@fuzzed
@given(st.floats(1e-12, 1), st.integers(0, 2**32 - 1))
def test_valid_options_come_back(rate: float, seed: int) -> None:
    args = ["--suite", "classification", "--learning-rate", repr(rate), "--seed", str(seed)]
    config = benchmark_config(parser("run").parse_args(args))
    assert (config.learning_rate, config.seeds) == (rate, (seed,))


@pytest.mark.parametrize("seed", ["-1", str(MAX_SEED + 1)])
def test_no_study_begins_with_a_seed_that_no_generator_takes(seed: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        tune.build_parser().parse_args(["--dataset", "emot", "--student", "cnn", f"--seed={seed}"])
