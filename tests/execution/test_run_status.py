"""Which planned runs are due, from the records of earlier ones."""

from dataclasses import replace

import pytest

from benchmark.core.spec import RunSpec
from benchmark.execution.plan import PlannedRun
from benchmark.execution.run_status import RunStatus, pending_runs
from tracking import Record

SPEC = RunSpec(
    suite="s",
    dataset="d",
    task="classification",
    student="cnn",
    setting="kd",
    seed=0,
    learning_rate=1e-3,
    teacher="t",
    teacher_key="",
    data_digest="",
    loss="mse",
    max_epochs=1,
    patience=1,
    batch_size=1,
    max_length=1,
)
TEACHER = PlannedRun(spec=replace(SPEC, student="teacher", setting="fine_tuned", loss="hard"))
KD = PlannedRun(spec=replace(SPEC, teacher_key=TEACHER.spec.key))
VANILLA = PlannedRun(spec=replace(KD.spec, setting="vanilla"))
PRIVATE = PlannedRun(spec=replace(KD.spec, dataset="smltk"), skip_reason="private")
NAMES = {TEACHER.spec.key: "teacher", KD.spec.key: "kd", VANILLA.spec.key: "vanilla", PRIVATE.spec.key: "private"}


def record(item: PlannedRun, status: str, role: str = "train") -> Record:
    return Record(
        run_id="r",
        suite="s",
        name="n",
        status=status,  # type: ignore[arg-type]
        tags={"key": item.spec.key, "role": role},
        params={},
        metrics={},
        start_time=0,
        end_time=None,
    )


@pytest.mark.parametrize(
    ("known", "options", "expected"),
    [
        ([], {}, "teacher kd vanilla"),
        ([record(TEACHER, "finished")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "running"), record(VANILLA, "killed")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "finished", "trial")], {}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed")], {}, "vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed")], {"retry_failed": True}, "kd vanilla"),
        ([record(TEACHER, "finished"), record(KD, "failed"), record(KD, "finished")], {}, "vanilla"),
        (
            [record(TEACHER, "finished"), record(KD, "finished"), record(KD, "failed")],
            {"retry_failed": True},
            "vanilla",
        ),
        ([record(TEACHER, "failed")], {}, ""),
        ([record(TEACHER, "failed")], {"retry_failed": True}, "teacher kd vanilla"),
        ([record(TEACHER, "failed"), record(KD, "failed")], {"force": True}, "teacher kd vanilla"),
        ([record(each, "finished") for each in (TEACHER, KD, VANILLA)], {}, ""),
        ([record(each, "finished") for each in (TEACHER, KD, VANILLA)], {"force": True}, "teacher kd vanilla"),
        ([record(PRIVATE, "skipped")], {"force": True, "retry_failed": True}, "teacher kd vanilla"),
    ],
)
def test_what_is_due(known: list[Record], options: dict[str, bool], expected: str) -> None:
    items = [TEACHER, KD, VANILLA, PRIVATE]
    due = pending_runs(items, RunStatus.read(known), **({"force": False, "retry_failed": False} | options))
    assert " ".join(NAMES[item.spec.key] for item in due) == expected
