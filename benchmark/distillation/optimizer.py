"""The optimiser of every training: dense Adam, and Adam on the read rows of an embedding table."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

MAX_GRADIENT_NORM = 1.0
WARMUP_STEPS = 50


class Optimizer:
    """Adam for the dense parameters of `model`, SparseAdam for its embedding table.

    The table holds most of a small student's parameters, and a batch reads a few hundred of its rows: updating all of
    them would cost more than the rest of the step. So the table has sparse gradients, and SparseAdam updates only the
    rows (and their moments) that were read.
    """

    def __init__(
        self, model: nn.Module, embedding: nn.Embedding, *, learning_rate: float, weight_decay: float, decay_steps: int
    ) -> None:
        embedding.sparse = True
        self.dense = [p for p in model.parameters() if p is not embedding.weight and p.requires_grad]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(self.dense, lr=learning_rate, weight_decay=weight_decay, fused=True),
            torch.optim.SparseAdam([embedding.weight], lr=learning_rate),
        ]
        self.schedules = [LambdaLR(o, lambda step: _factor(step, decay_steps)) for o in self.optimizers]

    def state_dict(self) -> list[dict[str, Any]]:
        """State of the optimisers, then of their schedules."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, state: list[dict[str, Any]]) -> None:
        """Restores what `state_dict` returned."""
        for part, part_state in zip(self._parts, state, strict=True):
            part.load_state_dict(part_state)

    @property
    def _parts(self) -> list[Any]:
        return [*self.optimizers, *self.schedules]

    def step(self) -> None:
        """Applies the gradients and clears them."""
        clip_grad_norm_(self.dense, MAX_GRADIENT_NORM)
        for optimizer, schedule in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)


def _factor(step: int, decay_steps: int) -> float:
    """Linear warm-up, then constant, or with `decay_steps` > 0 linear decay to 0 at that step."""
    warm = min(1.0, (step + 1) / WARMUP_STEPS)
    return warm * max(0.0, 1 - step / decay_steps) if decay_steps else warm
