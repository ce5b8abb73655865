"""Pending runs in the order of their dependencies: teachers, their outputs, rate searches, all other students."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from benchmark.core.spec import RunSpec
from benchmark.distillation.teacher_outputs import required_parts
from benchmark.execution.run_status import OnRunEpoch, Outcome, RunStatus
from benchmark.execution.runner import Runner
from benchmark.execution.tasks import Executor, RunTask, Task, TeacherOutputsTask
from tracking import Record

OnOutcome = Callable[[Outcome], None]


@dataclass(frozen=True, kw_only=True)
class Scheduler:
    """Hands runs to an executor. `status` is what the plan was made from: later runs of other commands count."""

    runner: Runner
    executor: Executor
    status: RunStatus
    on_epoch: OnRunEpoch
    on_outcome: OnOutcome

    def run(self, specs: Sequence[RunSpec]) -> None:
        """Runs `specs`. A student is not begun where its teacher failed, and fails where its outputs did."""
        teachers = [spec for spec in specs if spec.is_teacher]
        for are_ensembles in (False, True):  # an ensemble reads other teachers
            group = [spec for spec in teachers if bool(spec.required_keys) is are_ensembles]
            ready = _ready(group, self.finished_teachers(group))
            self._execute([self._task(spec) for spec in ready], self.on_outcome)
        students = [spec for spec in specs if not spec.is_teacher]
        finished = self.finished_teachers(students)
        self._run_students(_ready(students, finished), finished)

    def _run_students(self, students: Sequence[RunSpec], teachers: Mapping[str, Record]) -> None:
        failures = self.ensure_teacher_outputs(students, teachers)
        for spec in students:
            if spec.key in failures:
                self.on_outcome(self.runner.fail(spec, failures[spec.key]))
        tasks = [self._task(spec, teachers[spec.teacher_key]) for spec in students if spec.key not in failures]
        for searches in (True, False):  # runs of other seeds read the rate that a search found
            self._execute([task for task in tasks if task.spec.searches is searches], self.on_outcome)

    def finished_teachers(self, specs: Iterable[RunSpec]) -> dict[str, Record]:
        """Finished teachers of students and ensembles by key, the latest of each."""
        keys = {(spec.suite, key) for spec in specs for key in spec.required_keys}
        records = (record for key in keys for record in self.runner.store.records_of_key(*key))
        return {record.key: record for record in records if record.status == "finished"}

    def ensure_teacher_outputs(self, students: Iterable[RunSpec], teachers: Mapping[str, Record]) -> dict[str, str]:
        """Has what the students read of their teachers computed and stored; returns failures by the student's key."""
        readers = [spec for spec in students if required_parts(spec)]
        readers.sort(key=lambda spec: -len(required_parts(spec)))  # the first task of a teacher computes for the others
        one_of_each = {_inputs(spec): spec for spec in reversed(readers)}
        tasks = [TeacherOutputsTask(spec=s, teacher=teachers[s.teacher_key]) for s in reversed(one_of_each.values())]
        failures: dict[tuple[object, ...], str] = {}
        self._execute(tasks, lambda outcome: failures.update({_inputs(outcome.spec): outcome.failure}))
        reasons = {spec.key: failures[_inputs(spec)] for spec in readers}
        return {key: f"The teacher's outputs could not be prepared: {why}" for key, why in reasons.items() if why}

    def _task(self, spec: RunSpec, teacher: Record | None = None) -> RunTask:
        return RunTask(spec=spec, teacher=teacher, ignored=self.status.ended[spec.key])

    def _execute(self, tasks: Sequence[Task], on_outcome: OnOutcome) -> None:
        with closing(self.executor.execute(tasks, self.runner, self.on_epoch)) as outcomes:
            for outcome in outcomes:
                on_outcome(outcome)


def _ready(specs: Iterable[RunSpec], finished: Mapping[str, Record]) -> list[RunSpec]:
    """The runs whose teachers have finished."""
    return [spec for spec in specs if finished.keys() >= set(spec.required_keys)]


def _inputs(spec: RunSpec) -> tuple[object, ...]:
    """What a student reads of its teacher."""
    return spec.teacher_key, required_parts(spec), spec.pool_digest
