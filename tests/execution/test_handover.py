"""What students read of their teacher: its logits and made texts, on this machine or from its run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.cache import augmented_path, cache_path, read_json
from benchmark.core.errors import DONE, SOME_FAILED
from benchmark.distillation.encoding import POOL
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.teacher_logits import ModelLogits
from benchmark.distillation.teacher_outputs import LABELLED, TeacherOutputs
from benchmark.run import main
from tests.support.commands import Finished
from tests.support.runs import statuses
from tracking import Record


def outputs_of(teacher: Record, finished: Finished, suite_data: SuiteData) -> TeacherOutputs:
    data = suite_data.encoded_dataset("smalltalk_demo")
    source = ModelLogits(store=finished.store, teacher=teacher, data=data)
    return TeacherOutputs(store=finished.store, teacher=teacher, data=data, source=source)


def test_students_without_their_logits_fail_and_the_others_go_on(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str]
) -> None:
    """The place of the pool's logits is taken by a folder."""
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    wanted = benchmark_config(parser("run").parse_args(list(finished_copy.arguments)))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, limit=wanted.limit)
    pool = outputs_of(teacher, finished_copy, suite_data)._path(POOL)
    pool.unlink()
    (pool / "in_the_way").mkdir(parents=True)
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb", "-x", "kd"]) == SOME_FAILED
    [said] = capfd.readouterr().err.splitlines()
    why = "The teacher's outputs could not be prepared: IsADirectoryError: "
    assert said.startswith(f"Failed: smalltalk_demo.cnn.kd_ulb.seed0: {why}")
    assert statuses(finished_copy.store)[-2:] == [("cnn.kd_ulb", "failed"), ("cnn.kd", "finished")]


def test_a_machine_without_the_teachers_logits_takes_them_from_its_run(finished_copy: Finished) -> None:
    """Not from the teacher: on another machine it would answer a little differently."""
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    kept = finished_copy.store.download(teacher.run_id, "logits", finished_copy.folder / "kept")
    wanted = benchmark_config(parser("run").parse_args(list(finished_copy.arguments)))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, limit=wanted.limit)
    outputs = outputs_of(teacher, finished_copy, suite_data)
    names = {outputs._path(part).name for part in (*LABELLED, POOL)}
    logits = {name: np.load(kept / name) + 1 for name in names}
    for name, array in logits.items():
        np.save(kept / name, array)
    finished_copy.store.add_artifacts(teacher.run_id, kept, "logits")
    shutil.rmtree(cache_path("logits", teacher.run_id))
    shutil.rmtree(cache_path("teachers", teacher.run_id))
    assert main([*finished_copy.unmeasured, "-x", "kd_ulb"]) == DONE
    for path in cache_path("logits", teacher.run_id).glob("*.npy"):
        np.testing.assert_array_equal(np.load(path), logits.pop(path.name))
    assert not logits


def test_a_machine_without_the_made_texts_takes_them_from_the_teachers_run(finished_copy: Finished) -> None:
    """A model need not make the same ones there."""
    augmenting = (*finished_copy.unmeasured, "--augmented", "10")
    [teacher] = (record for record in finished_copy.store.records() if record.tags["role"] == "teacher")
    assert main([*augmenting, "-x", "kd_subs"]) == DONE
    kept = finished_copy.store.download(teacher.run_id, "texts", finished_copy.folder / "kept")
    [path] = kept.iterdir()
    made = augmented_path(path.stem)
    assert json.loads(path.read_text()) == read_json(made)
    path.write_text(json.dumps({name: value[::-1] for name, value in json.loads(path.read_text()).items()}))
    finished_copy.store.add_artifacts(teacher.run_id, kept, "texts")
    made.unlink()
    assert main([*augmenting, "-x", "kd_subs_min_max"]) == DONE
    assert read_json(made) == json.loads(path.read_text())


def handed_over(finished: Finished) -> dict[Path, int]:
    """When each of the files that students read of their teachers was written, by where they lie in the cache."""
    cache = finished.folder.parent / "own" / "cache"
    found = (path for kind in ("logits", "teachers") for path in (cache / kind).rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def test_two_stores_that_share_a_cache_leave_each_other_s_teacher_alone(
    finished_copy: Finished, store_uri: str
) -> None:
    """Each has a run of the same key; the weights of the two need not be the same."""
    mine = handed_over(finished_copy)
    assert main([*finished_copy.unmeasured, "-x", "kd", "--tracking-uri", store_uri]) == DONE
    both = handed_over(finished_copy)
    assert mine.items() < both.items()
    assert main([*finished_copy.unmeasured, "-x", "kd"]) == DONE
    assert handed_over(finished_copy) == both
