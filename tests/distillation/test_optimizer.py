"""Sparse Adam on the table, Adam on the rest, and the learning rate over the steps."""

import pytest
import torch
from torch import Tensor, nn

from benchmark.distillation.optimizer import MAX_GRADIENT_NORM, WARMUP_STEPS, Optimizer, _factor

RATE = 0.1


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(10, 4, padding_idx=0)
        self.head = nn.Linear(4, 2)

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.head(self.embedding(input_ids))


def make(model: Model, *, weight_decay: float = 0.0, decay_steps: int = 0) -> Optimizer:
    return Optimizer(model, model.embedding, learning_rate=RATE, weight_decay=weight_decay, decay_steps=decay_steps)


def loss(model: Model, *pieces: int) -> Tensor:
    return model(torch.tensor(pieces)).square().sum()


def test_first_step_is_adams_on_the_rows_that_were_read_and_leaves_the_others() -> None:
    ours, plain = Model(), Model()
    before = ours.embedding.weight.detach().clone()
    optimizer = make(ours)
    reference = torch.optim.Adam(plain.parameters(), lr=RATE / WARMUP_STEPS)
    loss(ours, 3, 5, 3, 0).backward()
    loss(plain, 3, 5, 3, 0).backward()
    nn.utils.clip_grad_norm_(plain.head.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()
    reference.step()
    torch.testing.assert_close(ours.embedding.weight[[3, 5]], plain.embedding.weight[[3, 5]])
    torch.testing.assert_close(ours.head.weight, plain.head.weight)
    untouched = [0, 1, 2, 4, 6, 7, 8, 9]
    assert torch.equal(ours.embedding.weight[untouched], before[untouched])
    assert not torch.equal(ours.embedding.weight[[3, 5]], before[[3, 5]])


def test_a_row_that_is_no_longer_read_stands_still() -> None:
    """Dense Adam would go on moving it by its momentum."""
    model = Model()
    optimizer = make(model)
    loss(model, 3, 5).backward()
    optimizer.step()
    before = model.embedding.weight.detach().clone()
    loss(model, 5).backward()
    optimizer.step()
    assert torch.equal(model.embedding.weight[3], before[3])
    assert not torch.equal(model.embedding.weight[5], before[5])


def test_step_clears_the_gradients() -> None:
    model = Model()
    optimizer = make(model)
    loss(model, 3).backward()
    assert model.embedding.weight.grad.is_sparse
    optimizer.step()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_gradients_of_all_but_the_table_are_clipped() -> None:
    model = Model()
    optimizer = make(model)
    seen: list[Tensor] = []
    optimizer.optimizers[0].register_step_pre_hook(lambda *_: seen.extend(p.grad.clone() for p in optimizer.dense))
    (1000 * loss(model, 3)).backward()
    optimizer.step()
    assert torch.cat([gradient.flatten() for gradient in seen]).norm().item() == pytest.approx(1.0, rel=1e-4)


def test_weight_decay_shrinks_all_but_the_table() -> None:
    model = Model()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    optimizer = make(model, weight_decay=0.5)
    (0 * loss(model, 3)).backward()
    optimizer.step()
    torch.testing.assert_close(model.head.weight, before["head.weight"] * (1 - RATE / WARMUP_STEPS * 0.5))
    assert torch.equal(model.embedding.weight, before["embedding.weight"])


def test_frozen_parameters_stay() -> None:
    model = Model()
    model.head.bias.requires_grad_(False)
    optimizer = make(model)
    before = model.head.bias.clone()
    loss(model, 3).backward()
    optimizer.step()
    assert torch.equal(model.head.bias, before)


@pytest.mark.parametrize(
    ("step", "decay_steps", "factor"),
    [
        (0, 0, 1 / WARMUP_STEPS),
        (24, 0, 25 / WARMUP_STEPS),
        (49, 0, 1.0),
        (10_000, 0, 1.0),
        (49, 100, 0.51),
        (75, 100, 0.25),
        (100, 100, 0.0),
        (101, 100, 0.0),
    ],
)
def test_warm_up_and_decay(step: int, decay_steps: int, factor: float) -> None:
    assert _factor(step, decay_steps) == pytest.approx(factor)


def test_both_optimizers_follow_the_schedule() -> None:
    model = Model()
    optimizer = make(model, decay_steps=60)
    for _ in range(55):
        loss(model, 3).backward()
        optimizer.step()
    assert [o.param_groups[0]["lr"] for o in optimizer.optimizers] == [pytest.approx(RATE * 5 / 60)] * 2
