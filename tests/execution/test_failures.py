"""Failures that a command names last."""

import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from benchmark.core.interrupts import catch_interrupts, forget_interrupt
from benchmark.core.spec import ENSEMBLE, FINE_TUNED, TEACHER
from benchmark.execution.pipeline import Pipeline
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.execution.run_status import RunStatus
from benchmark.execution.runner import Runner
from tests.core.test_spec import SPEC
from tests.reporting.test_results import record
from tracking import Store

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


def test_a_run_is_killed_by_an_interrupt_that_a_library_made_another_error(
    store: Store, desk_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would count as failed, and the same command would not do it again."""
    assert desk_folder

    def fail(*_: object) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        raise RuntimeError("the library failed")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Runner, "_train_and_export", fail)
    catch_interrupts(signal.SIGTERM)
    runner = Runner(suite_data=None, store_uri=store.uri, preset="paper")  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        runner.run(SPEC, None, lambda *_: None)
    forget_interrupt()
    signal.signal(signal.SIGTERM, before)
    assert [record.status for record in store.records(SPEC.suite)] == ["killed"]


def test_teachers_of_an_ensemble_are_told_apart() -> None:
    named = failures(a="broken", b="out of memory")
    assert (named[f"{A.name} (a)"], named[f"{B.name} (b)"]) == ("broken", "out of memory")


def test_what_follows_from_a_failed_teacher_is_not_begun() -> None:
    named = failures(a="broken", b="broken")
    assert named[BOTH.name] == named[STUDENT.name] == "not begun, since its teacher failed"
