"""Arguments of `run` and `study`, and those that other commands share with them."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmark.cli.parser import Parser, learning_rate, minutes, positive, rate, seed
from benchmark.core.settings import IN_DOMAIN, N_TEXTS, TEACHERS, VOCABULARIES
from benchmark.execution.executors import LOCAL, RAY

STUDIES = ("losses", "convergence", "domain", "balance", "length", "interplay")
"""Names of the experiments, whose module computes and takes longer to import."""
SETTING = "setting; repeatable (default: the paper's ladder)"


def parser(name: str, doc: str | None = None, examples: Sequence[str] = (), *, of_study: bool = False) -> Parser:
    """Options of `run` and `study`; a study defines its settings, and has a default suite."""
    options = Parser(name, doc, examples)
    if of_study:
        options.add_argument("name", metavar="NAME", help=", ".join(STUDIES))
    _add_plan_options(options.add_argument_group("plan"), of_study)
    training = options.add_argument_group("training")
    rates = "learning rate of the students; grid: the best of the paper's six, searched on the first seed"
    training.add_argument("--learning-rate", type=learning_rate, metavar="LR|grid|tuned", help=rates)
    add_training_options(training)
    add_text_options(options.add_argument_group("generated and in-domain text"))
    _add_execution_options(options.add_argument_group("execution"))
    places = options.add_argument_group("places")
    add_store_option(places)
    places.add_argument("--out", type=Path, metavar="DIR", help="folder of the report (default: results/SUITE)")
    return options


def _add_plan_options(group: argparse._ArgumentGroup, of_study: bool) -> None:
    add = group.add_argument
    default = " (default: the data set's)" if of_study else ""
    add("--suite", required=not of_study, help=f"classification, sequence_labeling, or your own FILE.yml{default}")
    add("--preset", default="quickstart", help="quickstart (default: bundled data, minutes) or paper (the whole grid)")
    add("-d", "--dataset", action="append", default=[], help="data set; repeatable (default: all of the suite)")
    add("-s", "--student", action="append", default=[], help="student; repeatable (default: the paper's five)")
    add("-x", "--setting", action="append", default=[], help=argparse.SUPPRESS if of_study else SETTING)
    seeds = group.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=positive, default=1, metavar="N", help="seeds 0 to N-1 (default: 1)")
    seeds.add_argument("--seed", type=seed, metavar="K", help="this seed only")
    add("--limit", type=positive, default=0, metavar="N", help="smoke run on N rows of each split; never ranked")
    add("--dry-run", action="store_true", help="print the plan and its expected time")
    add("--force", action="store_true", help="re-run finished runs")
    add("--retry-failed", action="store_true", help="re-run failed runs")


def add_training_options(group: argparse._ActionsContainer) -> None:
    """Adds the options of run, study and tune about teacher and training."""
    add = group.add_argument
    teacher = "hub id (owner/model[@revision]) or folder of a checkpoint or an encoder; repeatable: an ensemble"
    add("--teacher", action="append", default=[], metavar="NAME", help=teacher)
    use = group.add_mutually_exclusive_group()
    as_is = "use the teacher as it is (default where its labels are the data's)"
    use.add_argument("--as-is", action="store_true", default=None, help=as_is)
    fine_tune = "fine-tune the teacher here (default with an option of its training)"
    use.add_argument("--fine-tune", action="store_false", dest="as_is", help=fine_tune)
    add("--max-epochs", type=positive, metavar="N", help="maximum epochs of a student")
    add("--max-steps", type=positive, metavar="N", help="maximum optimiser steps of a student, in every setting")
    add("--teacher-epochs", type=positive, metavar="N", help="maximum epochs of the teacher")
    add("--teacher-learning-rate", type=rate, metavar="LR", help="learning rate of the teacher's fine-tuning")
    vectors = "fastText .bin or .vec file for kd_ulb_fasttext (default: vectors trained on the pool)"
    add("--vectors", default="", metavar="FILE", help=vectors)
    sizes = ", ".join(f"{name} of {size:,} tokens" for name, size in VOCABULARIES.items())
    vocabulary = f"vocabulary of the students: teacher (default), or trained on the training text: {sizes}"
    add("--vocabulary", default=TEACHERS, choices=(TEACHERS, *VOCABULARIES), help=vocabulary)


def add_text_options(group: argparse._ActionsContainer) -> None:
    """Adds the options of settings that generate text or read a file of it."""
    add = group.add_argument
    add(IN_DOMAIN, default="", metavar="FILE", help="unlabelled text of kd_in_domain, one text per line")
    add("--translate", nargs=2, default=("", ""), metavar=("FORWARD", "BACKWARD"), help="Marian models of kd_bt_subs")
    add("--fill-mask", default="", metavar="MODEL", help="masked language model of kd_bt_subs; hub id or folder")
    number = f"texts generated for kd_subs and kd_bt_subs (default: {N_TEXTS}, the paper's)"
    add("--augmented", type=positive, default=N_TEXTS, metavar="N", help=number)
    add("--agreed", action="store_true", help="keep a generated text only where the teacher labels it as its origin")


def add_store_option(group: argparse._ActionsContainer) -> None:
    """Adds the address of the run store."""
    where = "run store (default: MLFLOW_TRACKING_URI, then mlflow.yml)"
    group.add_argument("--tracking-uri", metavar="URI", help=where)


def _add_execution_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--jobs", type=positive, metavar="N", help="parallel runs (default: one per core, at most 4; 1 on a GPU)")
    add("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    backends = "backend: local (default; processes of this machine) or ray"
    add("--executor", default=LOCAL, choices=(LOCAL, RAY), help=backends)
    address = "address of the Ray cluster (default: RAY_ADDRESS, else a cluster of this machine)"
    add("--ray-address", metavar="ADDRESS", help=address)
    memory = "memory limit per run in MiB; a run that exceeds it fails"
    add("--max-memory", type=positive, default=0, metavar="MIB", help=memory)
    time = "time limit per run in minutes; a run that exceeds it fails"
    add("--max-minutes", type=minutes, default=0.0, metavar="N", help=time)
    latency = "skip latency; measure it later with benchmark.latency on a quiet machine"
    add("--no-latency", action="store_true", help=latency)
