"""The job of `tune`: one process of a learning-rate study, from its configuration to its result."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from benchmark.cli.arguments import parser
from benchmark.cli.command import Output
from benchmark.cli.options import benchmark_config
from benchmark.cli.plan_table import teacher_lines
from benchmark.cli.progress import RunProgress
from benchmark.core.cache import require_writable
from benchmark.core.errors import DONE, SOME_FAILED, InputError, RunError, UnknownNameError, require_known
from benchmark.core.locks import lock_path
from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import load_corpus
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.estimate import Estimator
from benchmark.execution.executors.local import LocalExecutor
from benchmark.execution.outputs_coverage import require_outputs
from benchmark.execution.plan import BenchmarkConfig, PlannedRun, plan_runs
from benchmark.execution.run_status import RunStatus
from benchmark.execution.runner import Runner
from benchmark.execution.scheduler import Scheduler
from benchmark.execution.setting_requirements import require_vectors
from benchmark.reporting import RESULTS, folder_name, report_folder
from benchmark.reporting.learning_rate_plot import TrialResult, summary
from benchmark.tuning.session import Session
from benchmark.tuning.storage import default_address
from benchmark.tuning.study import PRUNERS, SAMPLERS, Search
from students.registry import BASELINES, STUDENTS
from tracking import Record, Store, cache_folder, ui_command, without_password


def tune(args: Namespace) -> int:
    """Prepares the teacher, runs the study's trials and stores its result; returns the exit code."""
    config = _benchmark_config(args)
    console, suite_data = Output(), config.suite_data()
    out = (args.out or RESULTS / folder_name(config.suite.name)) / "tuning"
    *teachers, student = _plan(args.dataset, config, suite_data, out)
    notes = require_outputs(suite_data, [run.spec for run in (*teachers, student)])
    console.say(*teacher_lines(teachers), *notes, *require_vectors(suite_data, [student.spec]))
    search = _search(args, student)
    store = open_store(args.tracking_uri)
    out = report_folder(out / folder_name(search.name))
    session = Session.join(args.storage or default_address(store.uri), search, args.trials)
    address, n_left = without_password(session.address), session.n_left()
    console.say(f"Study {search.name} in {address}: {n_left} of {args.trials} trials left.")
    runner = Runner(
        suite_data=suite_data,
        store_uri=store.uri,
        preset=config.preset_name,
        device=config.device,
        n_threads=args.threads or torch.get_num_threads(),
    )
    runner.store = store
    with _teacher_lock(student.spec.teacher_key, console):
        teacher_record = _prepare_teacher(runner, teachers, student.spec, console)
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
    """Configuration of `benchmark.run` for one data set, student, setting and seed."""
    if args.student in BASELINES:
        raise InputError(f"{args.student!r} has no learning rate to tune. Choose one of {', '.join(STUDENTS)}.")
    if args.suite is None:
        if args.dataset not in DATASETS:
            raise UnknownNameError("data set (or give --suite FILE.yml)", args.dataset, DATASETS)
        args.suite = DATASETS[args.dataset].task
    defaults = vars(parser("run").parse_args(["--suite", args.suite, "--jobs", "1"]))
    names = {"dataset": [args.dataset], "student": [args.student], "setting": [args.setting]}
    return benchmark_config(Namespace(**(defaults | vars(args) | names)))


def _plan(dataset: str, config: BenchmarkConfig, suite_data: SuiteData, out: Path) -> list[PlannedRun]:
    """The teachers, and last the student, after all inputs were read and the folders found writable."""
    require_writable(out, "output folder", "--out")
    require_writable(cache_folder(), "cache folder", "the variable BENCHMARK_CACHE")
    load_corpus(config.suite.entries[dataset])
    planned = plan_runs(config, suite_data)
    suite_data.require_readable()
    if reason := planned[-1].skip_reason:
        raise InputError(f"There is nothing to tune: {reason}. Choose another --setting.")
    return planned


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


def _prepare_teacher(runner: Runner, teachers: Sequence[PlannedRun], student: RunSpec, console: Output) -> Record:
    """The finished run of the student's teacher, with its outputs stored; done now as far as it is missing."""
    records = runner.store.records(student.suite)
    status, estimate = RunStatus.read(records), Estimator.from_records(records)
    runner.set_threads()
    due = [run.spec for run in teachers if status.state(run) != "done"]
    seconds = {spec.key: estimate(spec, runner.suite_data.training_texts(spec)) for spec in due}
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
    finished = scheduler.finished_teachers([student])
    if not finished:
        name = teachers[-1].spec.name
        raise RunError(f"The teacher {name} failed, so no student can be trained. Its run has the reason.")
    for reason in scheduler.ensure_teacher_outputs([student], finished).values():
        raise RunError(reason)
    return finished[student.teacher_key]


def _line(trial: TrialResult) -> str:
    score = "diverged" if trial.valid_f1 is None else f"valid F1 {trial.points:.2f}"
    return f"trial {trial.number}  learning rate {trial.learning_rate:.3g}  {score}  {trial.state}"


def _close(session: Session, store: Store, parent: str, out: Path, console: Output) -> int:
    """Stores and prints the result; returns the exit code."""
    best = session.conclude(store, parent, out)
    console.say(
        summary(session.results()),
        f"Plots: {out / 'study.html'}",
        f"Compare trials: {ui_command(store.uri)}",
        f"Open the study: optuna-dashboard {without_password(session.address)}",
    )
    return DONE if best else SOME_FAILED
