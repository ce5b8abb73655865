"""Adam for the dense parameters, SparseAdam for the embedding table.

The table holds most of a small student's parameters while a batch reads a few hundred of its rows: updating all of
them would cost more than the rest of the step. So the table gets sparse gradients and SparseAdam, which moves only
the rows (and their moments) that were read.
"""

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

MAX_GRADIENT_NORM = 1.0
WARMUP_STEPS = 50


class Optimizer:
    """One step updates all parameters of `model`; `embedding` is its embedding table."""

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

    def step(self) -> None:
        """Applies the gradients at hand and clears them."""
        clip_grad_norm_(self.dense, MAX_GRADIENT_NORM)
        for optimizer, schedule in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)


def _factor(step: int, decay_steps: int) -> float:
    """Linear warm-up, then constant; or falling linearly to 0 at `decay_steps` where that is positive."""
    warm = min(1.0, (step + 1) / WARMUP_STEPS)
    return warm * max(0.0, 1 - step / decay_steps) if decay_steps else warm
