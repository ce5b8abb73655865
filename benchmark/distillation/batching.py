"""Batches by token budget from length buckets (little padding, steps of equal cost), and predictions over them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmark.core.interrupts import check_interrupt
from benchmark.distillation.encoding import UNALIGNED, EncodedTexts

LENGTH_NOISE = 0.15
"""Share by which lengths are jittered before sorting, so that batches hold new neighbours in every epoch."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Sentences with their targets: labels [A], or (memory-mapped) teacher logits [A, C]."""

    encoded: EncodedTexts
    targets: NDArray[Any]

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """Sentences `rows` [m] with their targets."""
        return Examples(encoded=self.encoded.take(rows), targets=self.targets[self.encoded.target_rows(rows)])

    @property
    def unread(self) -> NDArray[np.bool_]:
        """[A] whether a target has no logits, since the teacher does not read it; labels have none to lack."""
        return np.isnan(self.targets[:, 0]) if self.targets.ndim > 1 else np.zeros(len(self.targets), dtype=bool)

    def target_tensor(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Tensor:
        """Labels [N], or teacher logits [N, C] in fp32."""
        targets = torch.from_numpy(np.asarray(self.targets[rows]))
        return targets.float() if targets.is_floating_point() else targets


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Sentences, padded on the right to the longest of them."""

    input_ids: Tensor
    """[B, L] token ids."""
    attention_mask: Tensor
    """[B, L] 1 on tokens, 0 on padding."""
    target_positions: Tensor
    """[N] position of each target in logits flattened to [*, C]."""
    target_rows: NDArray[np.int64]
    """[N] index of each target in the EncodedTexts."""

    def to(self, device: torch.device) -> "Batch":
        return Batch(
            input_ids=self.input_ids.to(device, non_blocking=True),
            attention_mask=self.attention_mask.to(device, non_blocking=True),
            target_positions=self.target_positions.to(device, non_blocking=True),
            target_rows=self.target_rows,
        )


def token_budget(encoded: EncodedTexts, batch_size: int) -> int:
    """Maximum padded tokens of a batch: `batch_size` sentences of mean length, some of which is padding."""
    return max(1, round(batch_size * float(encoded.lengths.mean())))


def plan_batches(
    lengths: NDArray[np.int64], budget: int, rng: np.random.Generator | None = None
) -> list[NDArray[np.int64]]:
    """Sentence indices per batch: of similar length, at most `budget` padded tokens (a longer sentence is alone).

    With `rng`, neighbours and the order of batches are drawn anew; without, the plan is fixed.
    """
    jitter = rng.uniform(1 - LENGTH_NOISE, 1 + LENGTH_NOISE, len(lengths)) if rng else 1.0
    order = np.argsort(lengths * jitter, kind="stable")
    batches = np.split(order, _cuts(lengths[order].tolist(), budget))
    if rng:
        rng.shuffle(batches)
    return batches


def _cuts(lengths: list[int], budget: int) -> list[int]:
    """Indices that cut the sorted sentences so that longest x count stays within the budget."""
    cuts, start, longest = [], 0, 0
    for index, length in enumerate(lengths):
        longest = max(longest, length)
        if longest * (index + 1 - start) > budget and index > start:
            cuts.append(index)
            start, longest = index, length
    return cuts


def collate(encoded: EncodedTexts, rows: NDArray[np.int64]) -> Batch:
    """Sentences `rows` as one padded batch, by array operations alone."""
    sentences = encoded.take(rows)
    lengths, positions = sentences.lengths, sentences.positions
    mask = np.arange(int(lengths.max())) < lengths[:, None]
    input_ids = np.full(mask.shape, encoded.pad_id, dtype=np.int64)
    input_ids[mask] = sentences.ids
    sentence = np.repeat(np.arange(len(rows)), np.diff(sentences.target_offsets))
    flat = sentence * mask.shape[1] + positions if encoded.per_word else sentence
    aligned = positions != UNALIGNED
    return Batch(
        input_ids=torch.from_numpy(input_ids),
        attention_mask=torch.from_numpy(mask.astype(np.int64)),
        target_positions=torch.from_numpy(flat[aligned].astype(np.int64)),
        target_rows=encoded.target_rows(rows)[aligned],
    )


def target_logits(model: nn.Module, batch: Batch) -> Tensor:
    """The model's logits [N, C] at the batch's targets."""
    logits: Tensor = model(batch.input_ids, batch.attention_mask)
    return logits.flatten(0, -2).index_select(0, batch.target_positions)


@torch.inference_mode()
def predict(
    model: nn.Module,
    encoded: EncodedTexts,
    *,
    device: torch.device,
    batch_size: int = 64,
    busy: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> NDArray[np.float32]:
    """Logits [A, C] of every target; NaN for words without a token. `busy` is entered while the model computes."""
    model.eval()
    parts, target_rows = [], []
    for rows in plan_batches(encoded.lengths, token_budget(encoded, batch_size)):
        check_interrupt()
        batch = collate(encoded, rows).to(device)
        with busy():
            parts.append(target_logits(model, batch))
        target_rows.append(batch.target_rows)
    with busy():
        predicted = torch.cat(parts).float().cpu().numpy()
    logits = np.full((encoded.n_targets, predicted.shape[1]), np.nan, dtype=np.float32)
    logits[np.concatenate(target_rows)] = predicted
    return logits
