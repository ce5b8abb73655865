"""The teacher's logits on disk."""

from pathlib import Path

import numpy as np
import pytest

from benchmark.core.errors import RunError
from benchmark.distillation.logits import LARGEST, cached_logits

LOGITS = np.array([[1.5, -2.0], [np.nan, np.nan], [0.25, 1e9]], dtype=np.float32)


class Teacher:
    """Counts how often it is asked."""

    def __init__(self, logits: np.ndarray = LOGITS) -> None:
        self.logits, self.n_calls = logits, 0

    def __call__(self) -> np.ndarray:
        self.n_calls += 1
        return self.logits.copy()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "teacher" / "texts.npy"


def test_computed_once(path: Path) -> None:
    teacher = Teacher()
    first, second = (cached_logits(path, 3, teacher) for _ in range(2))
    assert teacher.n_calls == 1
    assert np.array_equal(first, second, equal_nan=True)


def test_half_precision_memory_mapped_clipped_and_nan_where_nothing_was_seen(path: Path) -> None:
    stored = cached_logits(path, 3, Teacher())
    assert isinstance(stored, np.memmap)
    assert stored.dtype == np.float16
    expected = np.array([[1.5, -2.0], [np.nan, np.nan], [0.25, LARGEST]], dtype=np.float16)
    assert np.array_equal(stored, expected, equal_nan=True)
    assert not np.isinf(stored).any()


def test_nothing_but_the_file_is_left(path: Path) -> None:
    cached_logits(path, 3, Teacher())
    assert [file.name for file in path.parent.iterdir()] == ["texts.npy"]


def test_a_teacher_that_fails_leaves_no_file(path: Path) -> None:
    def fail() -> np.ndarray:
        raise RunError("out of memory")

    with pytest.raises(RunError, match="out of memory"):
        cached_logits(path, 3, fail)
    assert not path.exists()
    assert len(cached_logits(path, 3, Teacher())) == 3


def test_another_number_of_answers_is_an_error(path: Path) -> None:
    cached_logits(path, 3, Teacher())
    with pytest.raises(RunError, match=r"texts\.npy holds 3 rows where 4 are needed\. Delete it"):
        cached_logits(path, 4, Teacher())


@pytest.mark.parametrize("kept", [0, 5, 60, -1], ids=["empty", "half its header", "half its header's text", "short"])
def test_an_unreadable_file_is_computed_again(path: Path, kept: int) -> None:
    cached_logits(path, 3, Teacher())
    path.write_bytes(path.read_bytes()[:kept])
    teacher = Teacher()
    assert np.array_equal(cached_logits(path, 3, teacher)[0], [1.5, -2.0])
    assert teacher.n_calls == 1
    assert np.load(path).shape == (3, 2)


def test_another_kind_of_file_is_computed_again(path: Path) -> None:
    path.parent.mkdir()
    for content in (np.array(3.0), np.array([{"a": 1}], dtype=object)):
        np.save(path, content, allow_pickle=True)
        teacher = Teacher()
        assert len(cached_logits(path, 3, teacher)) == 3
        assert teacher.n_calls == 1
