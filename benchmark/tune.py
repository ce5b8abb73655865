"""`python -m benchmark.tune`: search the learning rate of one student, alone or with other processes (section 6.1)."""

import argparse
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from rich.console import Console

from benchmark.command import DONE, SOME_FAILED, run_command
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.errors import InputError, RunError, UnknownNameError
from benchmark.estimate import Estimator
from benchmark.execute import Desk
from benchmark.executors.local import Local
from benchmark.executors.work import Work
from benchmark.ledger import Ledger
from benchmark.options import known, positive, rate, request, seed
from benchmark.plan import Item, Request, plan_runs
from benchmark.policy import add_options
from benchmark.progress import SweepProgress
from benchmark.reporting.files import RESULTS, folder_name, report_folder
from benchmark.reporting.rates import Tried, answer
from benchmark.rooms import Rooms
from benchmark.storage import lock_path
from benchmark.sweep import finished_teachers, prepare, sweep
from benchmark.tuning.search import PRUNERS, SAMPLERS, Search
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address, shown
from tracking import Store, ui_command

LOW, HIGH = 5e-5, 1e-2
"""The paper's bounds."""
N_TRIALS = 20
SETTING = "kd_ulb"
"""What Figure 3 shows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole job; returns the exit code."""
    asked = _parser().parse_args(arguments)
    wanted = _request(asked)
    console = Console()
    store = Store.open(asked.tracking_uri)
    n_threads = asked.threads or torch.get_num_threads()
    load_corpus(wanted.suite.entries[asked.dataset])
    rooms = wanted.rooms()
    teacher, student = plan_runs(wanted, rooms)
    search = _search(asked, student)
    out = report_folder((asked.out or RESULTS / folder_name(wanted.suite.name)) / "tuning" / folder_name(search.name))
    session = Session.join(asked.storage or default_address(store.uri), search, asked.trials)
    _say(console, f"Study {search.name} in {shown(session.address)}: {session.n_left()} of {asked.trials} trials left.")
    with _alone(teacher.spec.key, console):
        desk = _prepare(teacher, student, wanted, rooms, store, n_threads, console)
        parent = session.begin_run(desk)
    session.work(desk, parent, lambda tried: _say(console, _line(tried)), _Once(console))
    return _close(session, store, parent, out, console)


def _search(asked: argparse.Namespace, student: Item) -> Search:
    if asked.low > asked.high:
        raise InputError(f"--low {asked.low:g} is above --high {asked.high:g}. Give the lower bound first.")
    known("sampler", [asked.sampler], SAMPLERS)
    known("pruner", [asked.pruner], PRUNERS)
    return Search(
        spec=student.spec,
        low=asked.low,
        high=asked.high,
        sampler=asked.sampler,
        pruner=asked.pruner,
        given_name=asked.study,
    )


def _request(asked: argparse.Namespace) -> Request:
    """As `benchmark.run` would make it for one data set, student, setting and seed."""
    if asked.suite is None:
        if asked.dataset not in DATASETS:
            raise UnknownNameError("data set (or give --suite FILE.yml)", asked.dataset, DATASETS)
        asked.suite = DATASETS[asked.dataset].task
    one = {"dataset": [asked.dataset], "student": [asked.student], "setting": [asked.setting]}
    return request(argparse.Namespace(**(vars(asked) | one), seeds=1, learning_rate=None, jobs=1))


def _prepare(
    teacher: Item, student: Item, wanted: Request, rooms: Rooms, store: Store, n_threads: int, console: Console
) -> Desk:
    """Has the teacher fine-tuned and its logits stored, as `benchmark.run` does, where they are not yet."""
    records = store.records(wanted.suite.name)
    ledger, work = Ledger.read(records), Work.of(rooms, store, wanted, n_threads=n_threads)
    if ledger.state(teacher) != "done":
        store.kill_stale({teacher.spec.key})
        texts = rooms.corpus(teacher.spec.dataset).texts("train")
        seconds = {teacher.spec.key: Estimator.from_records(records)(teacher.spec, texts)}
        with SweepProgress(seconds, console) as progress:
            sweep([teacher], ledger, work, Local(), progress.epoch, progress.done)
    found = finished_teachers([student.spec], store)
    if not found:
        raise RunError(
            f"The teacher {teacher.spec.name} failed; see its run for why. Without it nothing can be taught."
        )
    for reason in prepare([student.spec], found, work, Local()).values():
        raise RunError(reason)
    return work.desk()


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


def _line(tried: Tried) -> str:
    score = "diverged" if tried.valid_f1 is None else f"valid F1 {tried.points:.2f}"
    return f"trial {tried.number}  learning rate {tried.learning_rate:.3g}  {score}  {tried.state}"


def _close(session: Session, store: Store, parent: str, out: Path, console: Console) -> int:
    """The last lines: what was found, where it is, how to use it."""
    found = session.conclude(store, parent, out)
    _say(console, answer(session.tried()))
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
    add("--trials", type=positive, default=N_TRIALS, metavar="N", help="trials of the study in all, whoever does them")
    add("--low", type=_bound, default=LOW, metavar="LR", help=f"lowest learning rate (default: {LOW:g}, the paper's)")
    add("--high", type=_bound, default=HIGH, metavar="LR", help=f"highest learning rate (default: {HIGH:g})")
    add("--sampler", default="random", help="random (default, log-uniform, the paper's) or tpe")
    add("--pruner", default="none", help="none (default, the paper's) or median")
    add(
        "--storage",
        metavar="URL",
        help="Optuna database or journal file (default: optuna.db by the tracking store)",
    )
    add("--study", default="", metavar="NAME", help="name of the study (default: from what it searches)")
    add("--threads", type=positive, metavar="N", help="of this process (default: all cores); give each its share")
    add("--suite", help="classification, sequence_labeling or a FILE.yml (default: the data set's)")
    add("--preset", default="quickstart", help="quickstart (default) or paper")
    add("--teacher", help="hub id (owner/model[@revision]) or folder of the encoder to fine-tune")
    add("--seed", type=seed, default=0, metavar="K", help="of the students and of the draws (default: 0)")
    add("--max-epochs", type=positive, metavar="N", help="epochs of a student at most")
    add("--max-steps", type=positive, metavar="N", help="optimiser steps of a student at most")
    add("--teacher-epochs", type=positive, metavar="N", help="epochs of the teacher at most")
    add("--teacher-learning-rate", type=rate, metavar="LR", help="of the teacher's fine-tuning")
    add("--vectors", default="", metavar="FILE", help="fastText .bin or .vec for kd_ulb_fasttext, else trained")
    add_options(made, positive)
    add("--limit", type=positive, default=0, metavar="N", help="smoke run on N rows of each split")
    add("--tracking-uri", metavar="URI", help="where runs are kept (default: MLFLOW_TRACKING_URI, then mlflow.yml)")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="plots go to DIR/tuning/STUDY (default: results/SUITE)",
    )
    add("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    return made


def _bound(text: str) -> float:
    """A learning rate."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most 1")
    return rate


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    run_command(main)
