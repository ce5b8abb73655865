"""Residual depthwise-separable CNN (section 3.2.3)."""

import math
from typing import cast

import torch
from torch import Tensor, nn

from students.depthwise import depthwise_convolution
from students.dropout import Dropout
from students.shape import Shape

WIDTH = 128
N_BLOCKS = 6
KERNEL = 5


class SeparableBlock(nn.Module):
    """Depthwise then pointwise convolution, layer normalisation, residual.

    Source: Chollet, 2017 (https://arxiv.org/abs/1610.02357). The paper uses layer normalisation as the activation and
    names no other: the ReLU before it was added here.
    """

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.pointwise = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` [B, L, D], `mask` [B, L, 1] of ones and zeros; padding is zeroed so that no kernel reads it."""
        mixed = self._depthwise(x * mask)
        return x + cast("Tensor", self.dropout(self.norm(torch.relu(self.pointwise(mixed)))))

    def _depthwise(self, x: Tensor) -> Tensor:
        if self.training:
            return depthwise_convolution(x, self.depthwise.weight, cast("Tensor", self.depthwise.bias))
        return cast("Tensor", self.depthwise(x.transpose(1, 2)).transpose(1, 2))


class Cnn(nn.Module):
    """Embedding with absolute positions, a stack of residual separable convolutions, linear head.

    Classification averages the positions first (global average pooling, Lin et al., 2013, https://arxiv.org/abs/1312.4400).
    """

    frequencies: Tensor

    def __init__(self, shape: Shape, *, dropout: float = 0.2) -> None:
        super().__init__()
        self.per_token = shape.per_token
        self.embedding = nn.Embedding(shape.vocab_size, WIDTH, padding_idx=shape.pad_id)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(SeparableBlock(WIDTH, KERNEL, dropout) for _ in range(N_BLOCKS))
        self.head = nn.Linear(WIDTH, shape.n_labels)
        self.register_buffer("frequencies", _frequencies(WIDTH), persistent=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [B, C], or [B, L, C] for tagging."""
        mask = attention_mask[:, :, None].to(self.head.weight.dtype)
        x = self.dropout(self.embedding(input_ids) + self._positions(attention_mask[:1]))
        for block in self.blocks:
            x = block(x, mask)
        if not self.per_token:
            x = (x * mask).sum(dim=1) / mask.sum(dim=1)
        return cast("Tensor", self.head(self.dropout(x)))

    def _positions(self, attention_mask: Tensor) -> Tensor:
        """Sinusoids [*, L, D] of Vaswani et al., 2017, section 3.5; computed, so that no length is too long."""
        position = torch.cumsum(torch.ones_like(attention_mask), dim=1) - 1
        angle = position[:, :, None].to(self.frequencies.dtype) * self.frequencies
        return torch.cat([torch.sin(angle), torch.cos(angle)], dim=-1)


def _frequencies(width: int) -> Tensor:
    """[D / 2] angular frequencies, from 1 down to 1 / 10,000."""
    return torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
