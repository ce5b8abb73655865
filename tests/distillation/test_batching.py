"""Batches against a plain loop over sentences."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmark.distillation.batching import Batch, collate, plan_batches, token_budget
from benchmark.distillation.encoding import UNALIGNED, EncodedTexts, _indices

PAD = 7


def flat(ids: list[list[int]], positions: list[list[int]], *, per_word: bool) -> EncodedTexts:
    return EncodedTexts(
        ids=np.array([piece for sentence in ids for piece in sentence], dtype=np.int32),
        offsets=np.cumsum([0, *map(len, ids)]),
        positions=np.array([place for sentence in positions for place in sentence], dtype=np.int32),
        target_offsets=np.cumsum([0, *map(len, positions)]),
        per_word=per_word,
        pad_id=PAD,
    )


def seeded(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def as_lists(batches: list[NDArray[np.int64]]) -> list[list[int]]:
    return [batch.tolist() for batch in batches]


lengths_of = st.lists(st.integers(1, 40), min_size=1, max_size=60).map(lambda values: np.array(values, dtype=np.int64))
seeds = st.none() | st.integers(0, 9)


@settings(deadline=None)
@given(lengths_of, st.integers(1, 200), seeds)
def test_every_sentence_once_and_never_over_the_budget(lengths: NDArray[np.int64], budget: int, seed: int) -> None:
    batches = plan_batches(lengths, budget, None if seed is None else seeded(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= budget for batch in batches)


@settings(deadline=None)
@given(lengths_of, st.integers(40, 200))
def test_no_batch_could_take_the_next_sentence(lengths: NDArray[np.int64], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * max(lengths[batch].max(), lengths[following[0]]) > budget


def test_the_same_seed_gives_the_same_plan_and_every_epoch_another() -> None:
    lengths = seeded(0).integers(3, 60, 500)
    first, again = seeded(1), seeded(1)
    epochs = [as_lists(plan_batches(lengths, 800, first)) for _ in range(2)]
    assert epochs == [as_lists(plan_batches(lengths, 800, again)) for _ in range(2)]
    neighbours = [{frozenset(batch) for batch in epoch} for epoch in epochs]
    assert len(neighbours[0] & neighbours[1]) <= 2
    assert as_lists(plan_batches(lengths, 800)) == as_lists(plan_batches(lengths, 800))


def test_batches_do_not_come_by_length() -> None:
    lengths = seeded(0).integers(3, 60, 500)
    longest = [lengths[batch].max() for batch in plan_batches(lengths, 800, seeded(1))]
    assert abs(np.corrcoef(longest, range(len(longest)))[0, 1]) < 0.5


def test_buckets_pad_little() -> None:
    lengths = seeded(0).integers(3, 60, 2000)
    padded = {
        "bucketed": sum(len(b) * lengths[b].max() for b in plan_batches(lengths, 32 * 31, seeded(1))),
        "random": sum(len(b) * lengths[b].max() for b in np.split(seeded(1).permutation(2000), range(32, 2000, 32))),
    }
    assert padded["bucketed"] < 1.15 * lengths.sum()
    assert padded["random"] > 1.6 * lengths.sum()


def test_budget_holds_about_the_batch_size_on_average() -> None:
    sentences = flat([[1] * n for n in seeded(0).integers(3, 60, 2000)], [[0]] * 2000, per_word=False)
    sizes = [len(batch) for batch in plan_batches(sentences.lengths, token_budget(sentences, 32), seeded(0))]
    assert 0.8 * 32 < np.mean(sizes) < 32  # padding takes the rest
    assert token_budget(flat([[1]], [[0]], per_word=False), 1) == 1


def test_a_sentence_longer_than_the_budget_is_alone() -> None:
    assert as_lists(plan_batches(np.array([2, 90, 2, 80]), 10)) == [[0, 2], [3], [1]]


def naive(sentences: EncodedTexts, chosen: list[int]) -> tuple[list[list[int]], list[list[int]], list[int], list[int]]:
    """Ids, mask, places and answers as a per-sample loop would make them."""
    pieces = [sentences.ids[sentences.offsets[i] : sentences.offsets[i + 1]].tolist() for i in chosen]
    width = max(map(len, pieces))
    ids = [sentence + [PAD] * (width - len(sentence)) for sentence in pieces]
    mask = [[1] * len(sentence) + [0] * (width - len(sentence)) for sentence in pieces]
    places, answers = [], []
    for row, i in enumerate(chosen):
        for answer in range(sentences.target_offsets[i], sentences.target_offsets[i + 1]):
            position = int(sentences.positions[answer])
            if position != UNALIGNED:
                places.append(row * width + position if sentences.per_word else row)
                answers.append(answer)
    return ids, mask, places, answers


@st.composite
def some_sentences(draw: st.DrawFn) -> tuple[EncodedTexts, list[int]]:
    """Sentences (a word may have no piece, a sentence no seen word) and a choice of them, in any order."""
    ids = draw(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1, max_size=12))
    per_word = draw(st.booleans())
    places = [draw(st.lists(st.integers(UNALIGNED, len(s) - 1), max_size=6)) if per_word else [0] for s in ids]
    chosen = draw(st.lists(st.integers(0, len(ids) - 1), min_size=1, unique=True))
    return flat(ids, places, per_word=per_word), chosen


@settings(deadline=None)
@given(some_sentences())
def test_collate_equals_a_loop(given: tuple[EncodedTexts, list[int]]) -> None:
    sentences, chosen = given
    batch = collate(sentences, np.array(chosen))
    found = (
        batch.input_ids.tolist(),
        batch.attention_mask.tolist(),
        batch.target_positions.tolist(),
        batch.target_rows.tolist(),
    )
    assert found == naive(sentences, chosen)
    assert {batch.input_ids.dtype, batch.attention_mask.dtype, batch.target_positions.dtype} == {torch.int64}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=9))
def test_indices_equal_a_loop(parts: list[tuple[int, int]]) -> None:
    offsets = np.cumsum([0, *(length for length, _ in parts)])
    rows = np.array([row % len(parts) for _, row in parts], dtype=np.int64)
    expected = [index for row in rows for index in range(offsets[row], offsets[row + 1])]
    assert _indices(offsets, rows).tolist() == expected


def test_a_batch_moves_to_a_device_whole() -> None:
    batch = collate(flat([[1, 2], [3]], [[0], [0]], per_word=False), np.array([0, 1]))
    moved = batch.to(torch.device("meta"))
    assert isinstance(moved, Batch)
    assert {moved.input_ids.device.type, moved.attention_mask.device.type, moved.target_positions.device.type} == {
        "meta"
    }
    assert moved.target_rows is batch.target_rows
