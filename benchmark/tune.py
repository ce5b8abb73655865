"""`python -m benchmark.tune`: search the learning rate of one student, alone or with other processes (section 6.1)."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmark.cli.arguments import add_store_option, add_text_options, add_training_options
from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser, positive, rate, seed

LOW, HIGH = 5e-5, 1e-2
"""The paper's bounds."""
N_TRIALS = 20
SETTING = "kd_ulb"
"""Our reading of Figure 3, which names data sets alone; section 6.1 speaks of unlabelled text or embeddings."""
EXAMPLES = (
    "--dataset smalltalk_demo --student cnn --trials 12",
    "--suite FILE.yml --dataset banking77 --student bilstm --sampler tpe --pruner median",
)


def build_parser() -> Parser:
    """Parser of the command line."""
    options = Parser("tune", __doc__, EXAMPLES)
    add = options.add_argument_group("run").add_argument
    add("-d", "--dataset", required=True, help="data set")
    add("-s", "--student", required=True, help="student")
    add("-x", "--setting", default=SETTING, help=f"setting (default: {SETTING})")
    add("--suite", help="classification, sequence_labeling, or your own FILE.yml (default: that of the data set)")
    add("--preset", default="quickstart", help="quickstart (default) or paper")
    add("--seed", type=seed, default=0, metavar="K", help="seed of training and of the draws (default: 0)")
    add("--limit", type=positive, default=0, metavar="N", help="smoke run on N rows of each split")
    add("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    add("--threads", type=positive, metavar="N", help="threads of this process (default: all cores)")
    _add_study_options(options.add_argument_group("study"))
    add_training_options(options.add_argument_group("training"))
    add_text_options(options.add_argument_group("generated and in-domain text"))
    places = options.add_argument_group("places")
    add_store_option(places)
    plots = "plots go to DIR/tuning/STUDY (default: results/SUITE)"
    places.add_argument("--out", type=Path, metavar="DIR", help=plots)
    return options


def _add_study_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--trials", type=positive, default=N_TRIALS, metavar="N", help="number of trials, over all processes")
    add("--low", type=rate, default=LOW, metavar="LR", help=f"lowest learning rate (default: {LOW:g}, the paper's)")
    add("--high", type=rate, default=HIGH, metavar="LR", help=f"highest learning rate (default: {HIGH:g})")
    add("--sampler", default="random", help="random (default, log-uniform; the paper names no distribution) or tpe")
    add("--pruner", default="none", help="none (default) or median")
    storage = "Optuna database or journal file (default: optuna.db beside the tracking store)"
    add("--storage", metavar="URL", help=storage)
    add("--study", default="", metavar="NAME", help="name of the study (default: derived from the search)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs trials of a study; returns the exit code."""
    args = build_parser().parse_args(arguments)
    from benchmark.cli.tuning_run import tune  # imports torch, which help and usage errors do without

    return tune(args)


if __name__ == "__main__":
    run_command(main)
