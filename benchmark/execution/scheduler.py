"""Doing what is missing of a plan: teachers, their logits, searches of learning rates, then all other students."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing

from benchmark.core.run_store import open_store
from benchmark.core.spec import RunSpec
from benchmark.distillation.teacher_outputs import required_parts, required_sources
from benchmark.execution.outcome import Outcome, Watch
from benchmark.execution.plan import PlannedRun
from benchmark.execution.run_status import RunStatus
from benchmark.execution.tasks import Executor, Preparation, Run, RunnerConfig
from tracking import Record, Store

Done = Callable[[Outcome], None]


def sweep(
    items: list[PlannedRun], run_status: RunStatus, work: RunnerConfig, executor: Executor, watch: Watch, done: Done
) -> None:
    """Has `items` (those due by the `run_status`) done, teachers before the students that read them, and a
    run that searches a learning rate before those that take it.

    `watch` is told of each epoch, `done` of each outcome. A student whose teacher failed is not begun; one whose
    teacher's logits cannot be had fails. What another command has ended since the ledger was read is taken from it.
    """
    work = executor.supplied(work, [item.spec for item in items])
    teachers = [item.spec for item in items if item.spec.is_teacher]
    students = [item.spec for item in items if not item.spec.is_teacher]
    runs = [Run(spec=spec, known=run_status.ended[spec.key]) for spec in teachers]
    _tell_each(executor.execute(runs, work, watch), done)
    found = finished_teachers(students, open_store(work.uri))
    trained = [spec for spec in students if spec.teacher_key in found]
    reasons = prepare(trained, found, work, executor)
    if reasons:
        runner = work.runner()
        for spec in trained:
            if spec.key in reasons:
                done(runner.fail(spec, reasons[spec.key]))
    runs = [
        Run(spec=spec, teacher=found[spec.teacher_key], known=run_status.ended[spec.key])
        for spec in trained
        if spec.key not in reasons
    ]
    for searches in (True, False):  # the runs of other seeds read what a search has found
        due = [run for run in runs if run.spec.searches is searches]
        _tell_each(executor.execute(due, work, watch), done)


def _tell_each(outcomes: Generator[Outcome, None, None], done: Done) -> None:
    """Closed whatever happens, so that an interrupt ends the worker processes at once."""
    with closing(outcomes):
        for outcome in outcomes:
            done(outcome)


def finished_teachers(students: Sequence[RunSpec], store: Store) -> dict[str, Record]:
    """By key, those that the students learn from."""
    finished: dict[str, Record] = {}
    for suite in {spec.suite for spec in students}:
        finished |= RunStatus.read(store.records(suite)).finished
    return {spec.teacher_key: finished[spec.teacher_key] for spec in students if spec.teacher_key in finished}


def prepare(
    students: Sequence[RunSpec], teachers: Mapping[str, Record], work: RunnerConfig, executor: Executor
) -> dict[str, str]:
    """Has each teacher's files and logits kept where students find them.

    Returns, by key, why a student that needs them cannot be taught. One that reads none is none of these.
    """
    reasons = _unprepared(students, False, teachers, work, executor)
    others = [spec for spec in students if spec.key not in reasons]
    return reasons | _unprepared(others, True, teachers, work, executor)


def _unprepared(
    students: Sequence[RunSpec], pool: bool, teachers: Mapping[str, Record], work: RunnerConfig, executor: Executor
) -> dict[str, str]:
    """As `prepare`, for the logits of the splits or of the pool alone."""
    readers = [spec for spec in students if _reads(spec, pool)]
    one_of_each = {_source(spec, pool): spec for spec in readers}
    tasks = [Preparation(spec=spec, teacher=teachers[spec.teacher_key], pool=pool) for spec in one_of_each.values()]
    outcomes: list[Outcome] = []
    _tell_each(executor.execute(tasks, work, _nobody), outcomes.append)
    failures = {_source(o.spec, pool): o.failure for o in outcomes}
    what = f"The teacher's logits of {'the unlabelled pool' if pool else 'the splits'} could not be prepared"
    return {spec.key: f"{what}: {failure}" for spec in readers if (failure := failures[_source(spec, pool)])}


def _nobody(spec: RunSpec, epoch: int) -> None:
    """Watches nothing."""


def _reads(spec: RunSpec, pool: bool) -> bool:
    return bool(required_sources(spec) if pool else required_parts(spec))


def _source(spec: RunSpec, pool: bool) -> tuple[str, ...]:
    """What the logits are of: a teacher, and a source of unlabelled text."""
    return (spec.teacher_key, spec.text_source, spec.pool_digest) if pool else (spec.teacher_key,)
