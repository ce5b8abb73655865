"""The smallest student, its texts, and its training."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmark.distillation.batching import Examples
from benchmark.distillation.checkpoint import Checkpoint
from benchmark.distillation.encoding import UNALIGNED, EncodedTexts
from benchmark.distillation.losses import hard
from benchmark.distillation.trainer import OnEpoch, TrainingConfig, TrainingHistory, train

CPU = torch.device("cpu")
N_LABELS = 3
STANDSTILL = 1e-12
"""A learning rate that changes no weight that a test could see."""
RECIPE: dict[str, Any] = {
    "learning_rate": 0.5,
    "weight_decay": 0.0,
    "decay": False,
    "batch_size": 4,
    "max_epochs": 3,
    "max_steps": 0,
    "patience": 10,
    "seed": 0,
}


class Model(nn.Module):
    """The smallest student: the mean of its words (or each of them), and a linear head."""

    def __init__(self, *, per_word: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.per_word = per_word
        self.embedding = nn.Embedding(30, 4)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(4, N_LABELS)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        x = self.dropout(self.embedding(input_ids))
        mask = attention_mask[:, :, None]
        return self.head(x if self.per_word else (x * mask).sum(1) / mask.sum(1))


def texts(n: int = 30, seed: int = 0) -> EncodedTexts:
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *rng.integers(2, 9, n)])
    return EncodedTexts(
        ids=rng.integers(1, 30, offsets[-1]).astype(np.int32),
        offsets=offsets,
        positions=np.zeros(n, dtype=np.int32),
        target_offsets=np.arange(n + 1),
        per_word=False,
        pad_id=0,
    )


def labelled(n: int = 30, seed: int = 0) -> Examples:
    return Examples(encoded=texts(n, seed), targets=np.random.default_rng(seed).integers(0, N_LABELS, n))


class Watch:
    """Keeps the arguments of `on_epoch`, and the weights at that moment."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.epochs: list[int] = []
        self.metrics: list[Mapping[str, float]] = []
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.epochs.append(epoch)
        self.metrics.append(dict(metrics))
        self.weights.append({name: value.clone() for name, value in self.model.state_dict().items()})

    def losses(self) -> list[float]:
        return [metrics["valid_loss"] for metrics in self.metrics]


def trained(
    model: Model | None = None,
    *,
    training_set: Examples | None = None,
    validation: Examples | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = hard,
    checkpoint: Checkpoint | None = None,
    on_epoch: OnEpoch | None = None,
    **config: Any,
) -> tuple[TrainingHistory, Watch]:
    model = model or Model()
    watch = Watch(model)
    history = train(
        model,
        model.embedding,
        training_set=training_set or labelled(),
        validation=validation or labelled(20, seed=1),
        loss=loss,
        score=lambda logits: float(len(logits)),
        config=TrainingConfig(**RECIPE | config),
        on_epoch=on_epoch or watch,
        device=CPU,
        checkpoint=checkpoint,
    )
    return history, watch


def equal(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(value, second[name]) for name, value in first.items())


def tagged() -> Examples:
    """Five sentences of four words; one word of each has no piece, and its target would poison any loss."""
    positions = np.tile([0, UNALIGNED, 1, 3], 5).astype(np.int32)
    logits = np.random.default_rng(0).normal(size=(20, N_LABELS)).astype(np.float16)
    logits[positions == UNALIGNED] = np.nan
    sentences = EncodedTexts(
        ids=np.arange(1, 21, dtype=np.int32),
        offsets=np.arange(0, 21, 4),
        positions=positions,
        target_offsets=np.arange(0, 21, 4),
        per_word=True,
        pad_id=0,
    )
    return Examples(encoded=sentences, targets=logits)
