"""Policies for unlabelled text: which rows they draw, against counts made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.distillation.training_set import balanced, lengths_by_filter, of_length
from tests.distillation.test_encoded_dataset import make_dataset

LABELS = np.array([0] * 6 + [1] * 3 + [2] * 1 + [4] * 5)  # label 3 is never given; counts 6, 3, 1, 0, 5


def counts(rows: np.ndarray) -> list[int]:
    return np.bincount(LABELS[rows], minlength=5).tolist()


def test_median_draws_at_most_the_median_count_of_each_label() -> None:
    rows = balanced(LABELS, 5, "median", 0)
    assert counts(rows) == [3, 3, 1, 0, 3]
    assert len(set(rows.tolist())) == len(rows)


def test_mean_oversampled_gives_every_label_the_mean_count() -> None:
    rows = balanced(LABELS, 5, "mean_oversampled", 0)
    assert counts(rows) == [3, 3, 3, 0, 3]  # 15 texts over 5 labels; nothing to repeat for label 3
    assert rows.tolist().count(9) == 3


def test_a_repeated_text_is_repeated_evenly() -> None:
    labels = np.array([0, 0, *[1] * 8])
    rows = balanced(labels, 2, "mean_oversampled", 0)
    assert [rows.tolist().count(row) for row in (0, 1)] in ([2, 3], [3, 2])
    assert set(rows.tolist()[5:]) <= set(range(2, 10))


@pytest.mark.parametrize("how", ["median", "mean_oversampled"])
def test_the_draw_depends_on_the_seed_alone(how: str) -> None:
    first, same, other = (balanced(LABELS, 5, how, seed).tolist() for seed in (0, 0, 1))
    assert first == same
    assert first != other


@given(st.lists(st.integers(0, 4), max_size=60), st.sampled_from(["median", "mean_oversampled"]))
def test_rows_are_rows_whatever_the_counts(labels: list[int], how: str) -> None:
    rows = balanced(np.array(labels, dtype=np.int64), 5, how, 0)
    assert all(0 <= row < len(labels) for row in rows)
    assert len(rows) <= len(labels)


def test_bounds_are_those_of_the_labelled_text() -> None:
    labelled = np.array([2, 4, 6, 8, 30])
    assert of_length(np.array([1, 2, 30, 31]), labelled, "min_max").tolist() == [False, True, True, False]
    assert of_length(np.array([3, 4, 8, 9]), labelled, "q1_q3").tolist() == [False, True, True, False]


def test_filters_see_lengths_as_students_read_them() -> None:
    lengths = lengths_by_filter(np.array([1, 2, 2]), np.array([9, 2, 3]), longest=2)
    assert {name: values.tolist() for name, values in lengths.items()} == {
        "labelled": [1, 2, 2],
        "ulb": [9, 2, 3],
        "labelled + ulb_min_max": [1, 2, 2, 9, 2, 3],  # nine tokens are cut to two
        "labelled + ulb_q1_q3": [1, 2, 2, 9, 2, 3],
    }
    assert list(lengths_by_filter(np.array([1, 2]), np.array([], dtype=np.int64), longest=2)) == ["labelled"]


@pytest.mark.parametrize("task", ["classification", "sequence_labeling"])
def test_a_dataset_without_a_maximum_length_has_the_lengths_of_whole_texts(task: str) -> None:
    pool = ("nasi " * 9, "aku") if task == "classification" else (["nasi"] * 9, ["aku"])
    whole = replace(make_dataset(task, pool=pool, max_length=4), max_length=99)
    assert (whole.encoded("pool").lengths - 2).tolist() == [9, 1]
