"""Depthwise convolution in the layout of everything around it, for training."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad


class _Depthwise(torch.autograd.Function):
    """An image of height 1 in channels-last layout: nothing is copied, and the library is fast at it.

    It is not at the gradient of the weights, which is taken tap by tap.
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
    """What nn.Conv1d(D, D, K, padding=K // 2, groups=D) gives, K odd, but from and to [B, L, D]; `weight` [D, 1, K]."""
    return cast("Tensor", _Depthwise.apply(x, weight, bias))  # type: ignore[no-untyped-call]


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    image = x.transpose(1, 2)[:, :, None]
    out = conv2d(image, weight[:, :, None], bias, padding=(0, weight.size(-1) // 2), groups=len(weight))
    return out[:, :, 0].transpose(1, 2)
