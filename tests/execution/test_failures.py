"""Failures that a command names last."""

from dataclasses import replace
from typing import cast

from benchmark.core.spec import ENSEMBLE, FINE_TUNED, TEACHER
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.execution.run_status import RunStatus
from tests.core.test_spec import SPEC
from tests.reporting.test_results import record

A, B = (replace(SPEC, student=TEACHER, setting=FINE_TUNED, teacher=name, teacher_key=name) for name in "ab")
BOTH = replace(A, setting=ENSEMBLE, teacher="a + b", teacher_key=f"{A.key} {B.key}")
STUDENT = replace(SPEC, teacher="a + b", teacher_key=BOTH.key)


def failures(**reasons: str) -> dict[str, str]:
    """Of a plan with two teachers, of which those with `reasons` have failed."""
    specs = {"a": A, "b": B, "both": BOTH, "student": STUDENT}
    failed = {specs[name].key: record(name, 0, tags={"reason": why}) for name, why in reasons.items()}
    status = RunStatus(failed=failed)
    planned = [PlannedRun(spec=spec) for spec in specs.values()]
    pipeline = Pipeline(cast("BenchmarkConfig", None), None, [], planned, status, [], {})  # type: ignore[arg-type]
    return pipeline.failures([], status)


def test_teachers_of_an_ensemble_are_told_apart() -> None:
    named = failures(a="broken", b="out of memory")
    assert (named[f"{A.name} (a)"], named[f"{B.name} (b)"]) == ("broken", "out of memory")


def test_what_follows_from_a_failed_teacher_is_not_begun() -> None:
    named = failures(a="broken", b="broken")
    assert named[BOTH.name] == named[STUDENT.name] == "not begun, since its teacher failed"
