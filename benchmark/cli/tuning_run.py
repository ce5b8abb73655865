"""The job of `tune`: one process of a learning-rate study, from its configuration to its result."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.cli.output import Output
from benchmark.cli.plan_table import teacher_lines
from benchmark.cli.progress import RunProgress
from benchmark.core.errors import DONE, SOME_FAILED, InputError, RunError, UnknownNameError, require_known
from benchmark.core.locks import lock_path
from benchmark.data.catalogue import DATASETS
from benchmark.execution.executors.local import LocalExecutor
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.execution.run_status import RunStatus
from benchmark.execution.scheduler import Scheduler
from benchmark.reporting import folder_name, report_folder
from benchmark.reporting.learning_rate_plot import TrialResult, summary
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address
from benchmark.tuning.study import PRUNERS, SAMPLERS, Search
from students.registry import BASELINES, STUDENTS
from tracking import Record, Store, ui_command, without_password


def tune(args: Namespace) -> int:
    """Prepares the teacher, runs the study's trials and stores its result; returns the exit code."""
    pipeline, console = Pipeline.plan(_benchmark_config(args)), Output()
    *teachers, student = pipeline.planned
    if student.skip_reason:
        raise InputError(f"There is nothing to tune: {student.skip_reason}. Choose another --setting.")
    console.say(*teacher_lines(teachers), *pipeline.notes)
    search = _search(args, student)
    store, runner = pipeline.store, pipeline.runner
    runner.n_threads = args.threads or torch.get_num_threads()
    out = report_folder(pipeline.config.out / folder_name(search.name))
    session = Session.join(args.storage or default_address(store.uri), search, args.trials)
    address, n_left = without_password(session.address), session.n_left()
    console.say(f"Study {search.name} in {address}: {n_left} of {args.trials} trials left.")
    with _teacher_lock(student.spec.teacher_key, console):
        teacher_record = _prepare_teacher(pipeline, console)
        parent = session.begin_run(runner)
    session.run_trials(
        runner,
        teacher_record,
        parent,
        on_trial=lambda trial: console.say(_line(trial)),
        on_wait=lambda n: console.say(f"{n} trials are run by other processes; waiting for them ..."),
    )
    return _close(session, store, parent, out, console)


def _benchmark_config(args: Namespace) -> BenchmarkConfig:
    """Configuration of `benchmark.run` for one student and seed, of which a finished run does not count."""
    if args.student in BASELINES:
        raise InputError(f"{args.student!r} has no learning rate to tune. Choose one of {', '.join(STUDENTS)}.")
    if args.suite is None:
        if args.dataset not in DATASETS:
            raise UnknownNameError("data set (or give --suite FILE.yml)", args.dataset, DATASETS)
        args.suite = DATASETS[args.dataset].task
    defaults = vars(parser("run").parse_args(["--suite", args.suite, "--jobs", "1"]))
    names = {"dataset": [args.dataset], "student": [args.student], "setting": [args.setting]}
    config = benchmark_config(Namespace(**(defaults | vars(args) | names)))
    return replace(config, out=config.out / "tuning", force=True)


def _search(args: Namespace, student: PlannedRun) -> Search:
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


@contextmanager
def _teacher_lock(key: str, console: Output) -> Iterator[None]:
    """Held while a teacher is prepared: a second process waits, and then finds it ready."""
    lock = FileLock(lock_path(key))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.say("Another process prepares the teacher; waiting for it ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _prepare_teacher(pipeline: Pipeline, console: Output) -> Record:
    """The finished run of the student's teacher, with its outputs stored; done now as far as it is missing."""
    *teachers, student = pipeline.planned
    runner, status = pipeline.runner, RunStatus.read(pipeline.store.records(student.spec.suite))
    runner.set_threads()
    due = [run.spec for run in teachers if status.state(run) != "done"]
    seconds = {spec.key: pipeline.seconds[spec.key] for spec in due}
    with RunProgress(seconds, console, [spec.name for spec in due]) as progress:
        scheduler = Scheduler(
            runner=runner,
            executor=LocalExecutor(n_threads=runner.n_threads),
            status=status,
            on_epoch=progress.epoch,
            on_outcome=progress.done,
        )
        if due:
            runner.store.kill_stale({spec.key for spec in due})
            scheduler.run(due)
    finished = scheduler.finished_teachers([student.spec])
    if not finished:
        name = teachers[-1].spec.name
        raise RunError(f"The teacher {name} failed, so no student can be trained. Its run has the reason.")
    for reason in scheduler.ensure_teacher_outputs([student.spec], finished).values():
        raise RunError(reason)
    return finished[student.spec.teacher_key]


def _line(trial: TrialResult) -> str:
    score = "diverged" if trial.valid_f1 is None else f"valid F1 {trial.points:.2f}"
    return f"trial {trial.number}  learning rate {trial.learning_rate:.3g}  {score}  {trial.state}"


def _close(session: Session, store: Store, parent: str, out: Path, console: Output) -> int:
    best = session.conclude(store, parent, out)
    console.say(
        summary(session.results()),
        f"Plots: {out / 'study.html'}",
        f"Compare trials: {ui_command(store.uri)}",
        f"Open the study: optuna-dashboard {without_password(session.address)}",
    )
    return DONE if best else SOME_FAILED
