"""`python -m benchmark.tune`: search the learning rate of one student, alone or with other processes (section 6.1)."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from rich.console import Console

from benchmark.cli.command import run_command
from benchmark.cli.options import benchmark_config, parser, positive, rate, require_known, seed
from benchmark.cli.progress import RunProgress
from benchmark.core.cache import lock_path, require_writable
from benchmark.core.errors import DONE, SOME_FAILED, InputError, RunError, UnknownNameError
from benchmark.core.run_store import open_store
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.estimate import Estimator
from benchmark.execution.executors.local import LocalExecutor
from benchmark.execution.plan import BenchmarkConfig, PlannedRun, plan_runs
from benchmark.execution.run_status import RunStatus
from benchmark.execution.runner import Runner
from benchmark.execution.scheduler import Scheduler
from benchmark.execution.setting_requirements import add_options, require_vectors
from benchmark.reporting import RESULTS, folder_name, report_folder
from benchmark.reporting.learning_rate_plot import TrialResult, summary
from benchmark.tuning.search import PRUNERS, SAMPLERS, Search
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address, shown
from tracking import Record, Store, cache_folder, ui_command

LOW, HIGH = 5e-5, 1e-2
"""The paper's bounds."""
N_TRIALS = 20
SETTING = "kd_ulb"
"""Our reading of Figure 3, which names data sets alone; section 6.1 speaks of unlabelled text or embeddings."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code."""
    args = _parser().parse_args(arguments)
    config = _request(args)
    console, suite_data = Console(), config.suite_data()
    out = (args.out or RESULTS / folder_name(config.suite.name)) / "tuning"
    teacher, student = _planned(args, config, suite_data, out)
    search = _search(args, student)
    store = open_store(args.tracking_uri)
    out = report_folder(out / folder_name(search.name))
    session = Session.join(args.storage or default_address(store.uri), search, args.trials)
    _say(console, f"Study {search.name} in {shown(session.address)}: {session.n_left()} of {args.trials} trials left.")
    n_threads = args.threads or torch.get_num_threads()
    with _alone(teacher.spec.key, console):
        runner, taught_by = _prepare(teacher, student, config, suite_data, store, n_threads, console)
        parent = session.begin_run(runner)
    session.work(runner, taught_by, parent, lambda tried: _say(console, _line(tried)), _Once(console))
    return _close(session, store, parent, out, console)


def _planned(
    args: argparse.Namespace, config: BenchmarkConfig, suite_data: SuiteData, out: Path
) -> tuple[PlannedRun, PlannedRun]:
    """The teacher and the student; all that was given has been read, and its places can be written."""
    require_writable(out, "output folder", "--out")
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    load_corpus(config.suite.entries[args.dataset])
    teacher, student = plan_runs(config, suite_data)
    require_vectors(
        config.vectors, [student.spec], suite_data.tokenizer
    )  # a teacher that cannot be read ends it here too
    return teacher, student


def _search(args: argparse.Namespace, student: PlannedRun) -> Search:
    if args.low > args.high:
        raise InputError(f"--low {args.low:g} is above --high {args.high:g}. Give the lower bound first.")
    require_known("sampler", [args.sampler], SAMPLERS)
    require_known("pruner", [args.pruner], PRUNERS)
    return Search(
        spec=student.spec,
        low=args.low,
        high=args.high,
        sampler=args.sampler,
        pruner=args.pruner,
        given_name=args.study,
    )


def _request(args: argparse.Namespace) -> BenchmarkConfig:
    """As `benchmark.run` would make it for one data set, student, setting and seed."""
    if args.suite is None:
        if args.dataset not in DATASETS:
            raise UnknownNameError("data set (or give --suite FILE.yml)", args.dataset, DATASETS)
        args.suite = DATASETS[args.dataset].task
    defaults = vars(parser("", None).parse_args(["--suite", args.suite, "--jobs", "1"]))
    one = {"dataset": [args.dataset], "student": [args.student], "setting": [args.setting]}
    return benchmark_config(argparse.Namespace(**(defaults | vars(args) | one)))


def _prepare(
    teacher: PlannedRun,
    student: PlannedRun,
    config: BenchmarkConfig,
    suite_data: SuiteData,
    store: Store,
    n_threads: int,
    console: Console,
) -> tuple[Runner, Record]:
    """Has the teacher fine-tuned and its logits stored, as `benchmark.run` does, where they are not yet: its run."""
    records = store.records(config.suite.name)
    status = RunStatus.read(records)
    runner = Runner(suite_data=suite_data, store_uri=store.uri, preset=config.preset_name, device=config.device)
    runner.n_threads = n_threads
    runner.set_threads()
    texts = suite_data.training_texts(teacher.spec)
    seconds = {teacher.spec.key: Estimator.from_records(records)(teacher.spec, texts)}
    with RunProgress(seconds, console, [teacher.spec.name]) as progress:
        scheduler = Scheduler(
            runner=runner,
            executor=LocalExecutor(n_threads=n_threads),
            status=status,
            on_epoch=progress.epoch,
            on_outcome=progress.done,
        )
        if status.state(teacher) != "done":
            store.kill_stale({teacher.spec.key})
            scheduler.run([teacher.spec])
    found = scheduler.finished_teachers([student.spec])
    if not found:
        raise RunError(
            f"The teacher {teacher.spec.name} failed; see its run for why. Without it no student can be trained."
        )
    for reason in scheduler.ensure_teacher_outputs([student.spec], found).values():
        raise RunError(reason)
    return runner, found[student.spec.teacher_key]


@contextmanager
def _alone(teacher_key: str, console: Console) -> Iterator[None]:
    """While a teacher is prepared: a second process waits and then finds it ready."""
    lock = FileLock(lock_path(teacher_key))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _say(console, "Another process prepares the teacher; waiting for it ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


class _Once:
    """Says once that there is nothing left but to wait."""

    def __init__(self, console: Console) -> None:
        self._say: Callable[[int], None] | None = lambda left: _say(
            console, f"{left} trials are with other processes; waiting for them ..."
        )

    def __call__(self, left: int) -> None:
        if self._say:
            self._say(left)
            self._say = None


def _line(tried: TrialResult) -> str:
    score = "diverged" if tried.valid_f1 is None else f"valid F1 {tried.points:.2f}"
    return f"trial {tried.number}  learning rate {tried.learning_rate:.3g}  {score}  {tried.state}"


def _close(session: Session, store: Store, parent: str, out: Path, console: Console) -> int:
    """The last lines: what was found, where it is, how to use it."""
    found = session.conclude(store, parent, out)
    _say(console, summary(session.tried()))
    _say(console, f"Plots: {out / 'study.html'}")
    _say(console, f"Compare trials: {ui_command(store.uri)}")
    _say(console, f"Open the study: optuna-dashboard {shown(session.address)}")
    return DONE if found else SOME_FAILED


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmark.tune", description=__doc__, allow_abbrev=False)
    add = made.add_argument
    add("-d", "--dataset", required=True, help="the data set")
    add("-s", "--student", required=True, help="the student")
    add("-x", "--setting", default=SETTING, help=f"the setting (default: {SETTING})")
    add(
        "--trials",
        type=positive,
        default=N_TRIALS,
        metavar="N",
        help="number of trials of the study, over all processes",
    )
    add("--low", type=rate, default=LOW, metavar="LR", help=f"lowest learning rate (default: {LOW:g}, the paper's)")
    add("--high", type=rate, default=HIGH, metavar="LR", help=f"highest learning rate (default: {HIGH:g})")
    add("--sampler", default="random", help="random (default; log-uniform, of which the paper says nothing) or tpe")
    add("--pruner", default="none", help="none (default) or median")
    add(
        "--storage",
        metavar="URL",
        help="Optuna database or journal file (default: optuna.db by the tracking store)",
    )
    add("--study", default="", metavar="NAME", help="name of the study (default: from what it searches)")
    add("--threads", type=positive, metavar="N", help="threads of this process (default: all cores)")
    add("--suite", help="classification, sequence_labeling or a FILE.yml (default: the data set's)")
    add("--preset", default="quickstart", help="quickstart (default) or paper")
    add("--teacher", help="hub id (owner/model[@revision]) or folder of the encoder to fine-tune")
    add("--seed", type=seed, default=0, metavar="K", help="seed of the students and of the draws (default: 0)")
    add("--max-epochs", type=positive, metavar="N", help="maximum epochs of a student")
    add("--max-steps", type=positive, metavar="N", help="maximum optimiser steps of a student")
    add("--teacher-epochs", type=positive, metavar="N", help="maximum epochs of the teacher")
    add("--teacher-learning-rate", type=rate, metavar="LR", help="learning rate of the teacher's fine-tuning")
    add(
        "--vectors",
        default="",
        metavar="FILE",
        help="fastText .bin or .vec file for kd_ulb_fasttext (default: vectors trained on the pool)",
    )
    add_options(made, positive)
    add("--limit", type=positive, default=0, metavar="N", help="smoke run on N rows of each split")
    add("--tracking-uri", metavar="URI", help="run store (default: MLFLOW_TRACKING_URI, then mlflow.yml)")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="plots go to DIR/tuning/STUDY (default: results/SUITE)",
    )
    add("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    return made


if __name__ == "__main__":
    run_command(main)
