"""Where a word-piece table starts: reduction, scaling, fastText and vector files."""

import numpy as np
import pytest
import torch
from torch import nn

from benchmark.core.errors import DataError
from benchmark.distillation.embeddings import (
    fit_width,
    initialise_embeddings,
)

PIECES = ["[PAD]", "aku", "##lah", "▁nasi", "Ġgoreng", "suka"]
SENTENCES = [["aku", "suka", "▁nasi"], ["suka", "##lah", "aku"]] * 20


def table(rows: int = 6, width: int = 4, padding: int | None = None) -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(rows, width, padding_idx=padding)


def matrix(rows: int = 6, width: int = 4) -> np.ndarray:
    scale = np.linspace(1, 5, width)  # some directions matter more
    return (np.random.default_rng(0).normal(size=(rows, width)) * scale + 3).astype(np.float32)


def test_a_table_of_the_same_width_is_centred_and_scaled() -> None:
    embedding, source = table(), matrix()
    deviation = embedding.weight.std().item()
    initialise_embeddings(embedding, source)
    centred = source - source.mean(axis=0)
    started = embedding.weight.detach().numpy()
    np.testing.assert_allclose(started, centred * (deviation / centred.std(ddof=1)), rtol=1e-4, atol=1e-5)
    assert embedding.weight.std().item() == pytest.approx(deviation, rel=1e-4)


@pytest.mark.parametrize("std", [0.02, 1.0])
def test_the_deviation_is_the_students_own_whatever_the_sources(std: float) -> None:
    embedding = table(200, 8)
    nn.init.normal_(embedding.weight, std=std)
    initialise_embeddings(embedding, 40 * matrix(200, 16))
    assert embedding.weight.std().item() == pytest.approx(std, rel=0.1)


def test_rows_of_nan_keep_their_chance_start() -> None:
    embedding, source = table(), matrix()
    before = embedding.weight.detach().clone()
    source[[1, 4]] = np.nan
    source[2, 3] = np.nan
    initialise_embeddings(embedding, source)
    assert torch.equal(embedding.weight[[1, 2, 4]], before[[1, 2, 4]])
    assert embedding.weight.isfinite().all()
    assert not torch.isclose(embedding.weight[[0, 3, 5]], before[[0, 3, 5]]).all(dim=1).any()


def test_the_padding_row_stays_zero() -> None:
    embedding = table(padding=0)
    initialise_embeddings(embedding, matrix())
    assert not embedding.weight[0].any()
    assert embedding.weight[1:].all()


def test_a_narrower_source_fills_the_first_columns() -> None:
    embedding = table(width=6)
    before = embedding.weight.detach().clone()
    initialise_embeddings(embedding, matrix(width=4))
    assert torch.equal(embedding.weight[:, 4:], before[:, 4:])
    assert embedding.weight[:, :4].std().item() == pytest.approx(before.std().item(), rel=1e-4)


def test_rows_beyond_the_table_are_not_read_and_missing_ones_keep_their_start() -> None:
    """The paper's teacher has 50,000 rows for a vocabulary of 30,521."""
    longer, exact, shorter = table(), table(), table()
    source = matrix(rows=9)
    initialise_embeddings(longer, source)
    initialise_embeddings(exact, source[:6])
    assert torch.equal(longer.weight, exact.weight)
    before = shorter.weight.detach().clone()
    initialise_embeddings(shorter, source[:4])
    assert torch.equal(shorter.weight[4:], before[4:])


def test_gradients_still_reach_a_started_table() -> None:
    embedding = table()
    initialise_embeddings(embedding, matrix())
    embedding(torch.tensor([1])).sum().backward()
    assert embedding.weight.grad[1].all()


@pytest.mark.parametrize("width", [1, 3, 9])
def test_reduction_keeps_what_the_best_projection_keeps(width: int) -> None:
    source = matrix(rows=300, width=10)
    reduced = fit_width(source, width)
    values = np.linalg.svd((source - source.mean(axis=0)).astype(np.float64), compute_uv=False)
    assert reduced.shape == (300, width)
    assert (reduced.astype(np.float64) ** 2).sum() == pytest.approx((values[:width] ** 2).sum(), rel=1e-4)
    spread = (reduced**2).sum(axis=0)
    assert spread.tolist() == sorted(spread, reverse=True)


def test_reduction_keeps_distances_where_nothing_is_lost() -> None:
    flat = matrix(rows=50, width=3) @ np.random.default_rng(1).normal(size=(3, 12)).astype(np.float32)
    reduced = fit_width(flat, 3)
    for pair in ((0, 1), (7, 30)):
        gaps = [np.linalg.norm(each[pair[0]] - each[pair[1]]) for each in (flat, reduced)]
        assert gaps[0] == pytest.approx(gaps[1], rel=1e-3)


@pytest.mark.parametrize(
    "source",
    [
        np.full((6, 4), np.nan),
        np.where(np.arange(6)[:, None] == 2, matrix(), np.nan),
        np.ones((6, 4)),
        matrix() * 1e12,
        matrix() * 1e36,
    ],
    ids=["none", "one", "the same", "large", "too large to square"],
)
def test_vectors_that_no_deviation_can_be_taken_of_are_refused(source: np.ndarray) -> None:
    embedding = table()
    before = embedding.weight.detach().clone()
    with pytest.raises(DataError, match="are all alike, or hold numbers beyond"):
        initialise_embeddings(embedding, source.astype(np.float32))
    assert torch.equal(embedding.weight, before)
