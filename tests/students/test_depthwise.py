"""The depthwise convolution of training against torch's."""

import pytest
import torch
from torch import nn

from students.cnn import depthwise_convolution


@pytest.mark.parametrize(("length", "kernel"), [(1, 5), (2, 3), (9, 5), (4, 1)])
def test_answer_and_gradients_are_those_of_conv1d(length: int, kernel: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv1d(6, 6, kernel, padding=kernel // 2, groups=6)
    weight, bias = (parameter.detach().clone().requires_grad_() for parameter in convolution.parameters())
    x = torch.randn(3, length, 6, requires_grad=True)
    expected = convolution(x.transpose(1, 2)).transpose(1, 2)
    answer = depthwise_convolution(x, weight, bias)
    torch.testing.assert_close(answer, expected)
    arriving = torch.randn_like(expected)
    gradients = torch.autograd.grad(answer, (x, weight, bias), arriving)
    wanted = torch.autograd.grad(expected, (x, *convolution.parameters()), arriving)
    torch.testing.assert_close(gradients, wanted)


def test_gradients_are_the_answer_s_derivatives() -> None:
    torch.manual_seed(0)
    shapes = (2, 4, 3), (3, 1, 5), (3,)
    assert torch.autograd.gradcheck(
        depthwise_convolution, [torch.randn(*s, dtype=torch.double, requires_grad=True) for s in shapes]
    )
