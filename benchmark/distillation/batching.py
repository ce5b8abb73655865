"""Batches by token budget from length buckets: little padding, steps of equal cost."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmark.distillation.encoding import UNALIGNED, EncodedTexts

LENGTH_NOISE = 0.15
"""Share by which lengths are jittered before sorting, so that batches hold new neighbours in every epoch."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some sentences, padded on the right to the longest of them."""

    input_ids: Tensor
    """[B, L] token ids."""
    attention_mask: Tensor
    """[B, L] 1 on tokens, 0 on padding."""
    target_positions: Tensor
    """[N] where each answer stands in logits flattened to [*, C]."""
    target_rows: NDArray[np.int64]
    """[N] which answers of the sentences those are."""

    def to(self, device: torch.device) -> "Batch":
        return Batch(
            input_ids=self.input_ids.to(device, non_blocking=True),
            attention_mask=self.attention_mask.to(device, non_blocking=True),
            target_positions=self.target_positions.to(device, non_blocking=True),
            target_rows=self.target_rows,
        )


def token_budget(encoded: EncodedTexts, batch_size: int) -> int:
    """Padded tokens a batch may hold: `batch_size` sentences of mean length, some of which is padding."""
    return max(1, round(batch_size * float(encoded.lengths.mean())))


def plan_batches(
    lengths: NDArray[np.int64], budget: int, rng: np.random.Generator | None = None
) -> list[NDArray[np.int64]]:
    """Indices of each batch's sentences: alike in length, at most `budget` padded tokens (a longer sentence is alone).

    With `rng` the neighbours and the order of the batches are drawn anew; without, the plan is fixed.
    """
    jitter = rng.uniform(1 - LENGTH_NOISE, 1 + LENGTH_NOISE, len(lengths)) if rng else 1.0
    order = np.argsort(lengths * jitter, kind="stable")
    batches = np.split(order, _cuts(lengths[order].tolist(), budget))
    if rng:
        rng.shuffle(batches)
    return batches


def _cuts(lengths: list[int], budget: int) -> list[int]:
    """Where to cut the sorted sentences so that longest x count stays within the budget."""
    cuts, start, longest = [], 0, 0
    for index, length in enumerate(lengths):
        longest = max(longest, length)
        if longest * (index + 1 - start) > budget and index > start:
            cuts.append(index)
            start, longest = index, length
    return cuts


def collate(encoded: EncodedTexts, chosen: NDArray[np.int64]) -> Batch:
    """The `chosen` sentences as one padded batch, by array operations alone."""
    lengths = encoded.lengths[chosen]
    width = int(lengths.max())
    mask = np.arange(width) < lengths[:, None]
    input_ids = np.full(mask.shape, encoded.pad_id, dtype=np.int64)
    input_ids[mask] = encoded.ids[_ranges(encoded.offsets[chosen], lengths)]
    target_positions, target_rows = _answers(encoded, chosen, width)
    return Batch(
        input_ids=torch.from_numpy(input_ids),
        attention_mask=torch.from_numpy(mask.astype(np.int64)),
        target_positions=torch.from_numpy(target_positions),
        target_rows=target_rows,
    )


def _answers(
    encoded: EncodedTexts, chosen: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places and indices of the answers that have a token; a classifier has one place a sentence, whatever `width`."""
    counts = np.diff(encoded.target_offsets)[chosen]
    target_rows = _ranges(encoded.target_offsets[chosen], counts)
    rows = np.repeat(np.arange(len(chosen)), counts)
    positions = encoded.positions[target_rows]
    found = positions != UNALIGNED
    target_positions = rows * width + positions if encoded.per_word else rows
    return target_positions[found].astype(np.int64), target_rows[found]


def _ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """start_0 ... start_0 + count_0 - 1, start_1 ..., without a Python loop."""
    ends = np.cumsum(counts)
    ranges: NDArray[np.int64] = np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)
    return ranges
