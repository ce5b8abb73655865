"""Residual depthwise-separable CNN (section 3.2.3)."""

import math
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from students.dropout import Dropout
from students.registry import Shape

WIDTH = 128
N_BLOCKS = 6
KERNEL = 5


class SeparableBlock(nn.Module):
    """Depthwise then pointwise convolution, layer normalisation, residual.

    Source: Chollet, 2017 (https://arxiv.org/abs/1610.02357). The paper uses layer normalisation as the activation and
    names no other; the ReLU before it is an addition.
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


# --- Depthwise convolution in the layout of the other layers, for training --------------------------------------------


class _Depthwise(torch.autograd.Function):
    """An image of height 1 in channels-last layout: nothing is copied, and oneDNN is fast at it.

    It is slow at the gradient of the weights, which is computed tap by tap.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _convolve(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        length, reach = x.size(1), weight.size(-1) // 2
        padded = pad(x, (0, 0, reach, reach))
        taps = [(gradient * padded[:, k : k + length]).sum(dim=(0, 1)) for k in range(weight.size(-1))]
        mirrored = _convolve(gradient, weight.flip(-1), None)
        return mirrored, torch.stack(taps, dim=-1)[:, None], gradient.sum(dim=(0, 1))


def depthwise_convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """nn.Conv1d(D, D, K, padding=K // 2, groups=D) for odd K, but from and to [B, L, D]; `weight` is [D, 1, K]."""
    return cast("Tensor", _Depthwise.apply(x, weight, bias))  # type: ignore[no-untyped-call]


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    image = x.transpose(1, 2)[:, :, None]
    out = conv2d(image, weight[:, :, None], bias, padding=(0, weight.size(-1) // 2), groups=len(weight))
    return out[:, :, 0].transpose(1, 2)
