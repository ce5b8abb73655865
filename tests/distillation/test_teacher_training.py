"""What a student's bundle tells of its teachers: how they were fine-tuned, and which of them are folders."""

from dataclasses import replace
from pathlib import Path

import torch

from benchmark.distillation.teacher_outputs import TeacherOutputs
from benchmark.distillation.training_run import TrainingRun
from tests.core.test_spec import SPEC
from tests.support.run_factory import AddRun
from tracking import Store


def test_an_ensembles_training_is_what_its_teachers_share(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    name = f"owner/a + {tmp_path / 'b'}"
    add_run(store, student="teacher", teacher="owner/a", key="a", max_epochs=7, learning_rate=2e-4)
    add_run(store, student="teacher", teacher=str(tmp_path / "b"), key="b", max_epochs=7, learning_rate=1e-4)
    mean = {"setting": "ensemble", "key": "mean", "teacher_key": "a b", "max_epochs": 0, "learning_rate": 0.0}
    add_run(store, student="teacher", teacher=name, **mean)
    [teacher] = store.records_of_key("classification", "mean")
    outputs = TeacherOutputs(store=store, teacher=teacher, data=None, source=None)  # type: ignore[arg-type]
    spec, device = replace(SPEC, teacher=name), torch.device("cpu")
    run = TrainingRun(spec=spec, data=None, device=device, teacher=outputs)  # type: ignore[arg-type]
    assert run.teacher_training == {"max_epochs": "7", "learning_rate": None}
    assert run.teacher_folders == [str(tmp_path / "b")]
    [alone] = store.records_of_key("classification", "b")
    run.teacher = replace(outputs, teacher=alone)
    assert run.teacher_training == {"max_epochs": "7", "learning_rate": "0.0001"}
