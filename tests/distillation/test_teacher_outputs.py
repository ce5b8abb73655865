"""A teacher's logits in the cache; what travels through the store is tested with the scheduler."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark.core.errors import RunError
from benchmark.distillation.encoding import POOL, EncodedDataset, EncodedTexts, Part
from benchmark.distillation.teacher_outputs import LARGEST, Logits, TeacherOutputs
from tests.distillation.test_encoded_dataset import Teacher, make_dataset
from tracking import Record

LOGITS = np.array([[1.5, -2.0], [np.nan, np.nan], [0.25, 1e9]], dtype=np.float32)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))


def outputs(data: EncodedDataset, run_id: str = "k") -> TeacherOutputs:
    record = Record(
        run_id=run_id,
        suite="s",
        name="teacher",
        status="finished",
        tags={"key": run_id},
        params={},
        metrics={},
        start_time=0,
        end_time=0,
        parent="",
    )
    return TeacherOutputs(store=None, teacher=record, data=data, source=None)  # type: ignore[arg-type]


def cached(compute: Any, part: Part = "train", run_id: str = "k", **data: Any) -> Logits:
    dataset = make_dataset(**data)
    return outputs(dataset, run_id)._cached(part, lambda part: compute(dataset.encoded(part)))


def path_of_train() -> Path:
    return outputs(make_dataset())._path("train")


class Fixed(Teacher):
    """Counts how often it is called."""

    def __call__(self, encoded: EncodedTexts) -> np.ndarray:
        super().__call__(encoded)
        return LOGITS.copy()


def test_logits_are_computed_once() -> None:
    teacher = Fixed()
    first, second = cached(teacher), cached(teacher)
    assert teacher.n_calls == 1
    assert np.array_equal(first, second, equal_nan=True)


@pytest.mark.parametrize(
    ("changed", "run_id", "part"),
    [
        ({}, "other teacher", "train"),
        ({}, "k", "validation"),
        ({"digest": "other data"}, "k", "train"),
        ({"max_length": 7}, "k", "train"),
    ],
    ids=["teacher", "split", "data", "max_length"],
)
def test_logits_belong_to_teacher_data_split_and_length(changed: dict[str, Any], run_id: str, part: Any) -> None:
    teacher = Teacher()
    cached(teacher)
    cached(teacher, part, run_id, **changed)
    assert teacher.n_calls == 2


def test_logits_of_the_pool_belong_to_the_pool_and_not_to_the_data_set() -> None:
    teacher = Teacher()
    cached(teacher, POOL)
    cached(teacher, POOL, digest="other data")
    assert teacher.n_calls == 1
    cached(teacher, POOL, pool=("aku", "nasi"))
    assert teacher.n_calls == 2


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
def test_an_empty_pool_has_no_logits_and_calls_no_teacher(task: str) -> None:
    teacher = Teacher()
    assert outputs(make_dataset(task, pool=()))._cached(POOL, teacher).shape == (0, 2)
    assert teacher.n_calls == 0


def test_half_precision_memory_mapped_clipped_and_nan_for_words_without_a_token() -> None:
    logits = cached(Fixed())
    assert isinstance(logits, np.memmap)
    assert logits.dtype == np.float16
    expected = np.array([[1.5, -2.0], [np.nan, np.nan], [0.25, LARGEST]], dtype=np.float16)
    assert np.array_equal(logits, expected, equal_nan=True)


def test_a_teacher_that_fails_leaves_no_file() -> None:
    def fail(_: EncodedTexts) -> np.ndarray:
        raise RunError("out of memory")

    with pytest.raises(RunError, match="out of memory"):
        cached(fail)
    assert [file for file in path_of_train().parent.glob("*") if file.is_file()] == []
    assert len(cached(Fixed())) == 3


def test_another_number_of_targets_is_an_error() -> None:
    with pytest.raises(RunError, match=r"\.npy holds 2 rows, expected 3\. Delete it"):
        cached(lambda _: LOGITS[:2])


@pytest.mark.parametrize("n_bytes", [0, 5, 60, -1], ids=["empty", "half its header", "header alone", "short"])
def test_a_damaged_file_is_computed_again(n_bytes: int) -> None:
    cached(Fixed())
    path = path_of_train()
    path.write_bytes(path.read_bytes()[:n_bytes])
    teacher = Fixed()
    assert np.array_equal(cached(teacher)[0], [1.5, -2.0])
    assert teacher.n_calls == 1
    assert np.load(path).shape == (3, 2)


def test_another_kind_of_file_is_computed_again() -> None:
    path = path_of_train()
    path.parent.mkdir(parents=True)
    for content in (np.array(3.0), np.array([{"a": 1}], dtype=object)):
        np.save(path, content, allow_pickle=True)
        teacher = Fixed()
        assert len(cached(teacher)) == 3
        assert teacher.n_calls == 1
