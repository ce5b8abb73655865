"""The cheap dropout against its definition."""

import pytest
import torch
from torch import nn

from students.dropout import Dropout, replace_dropout

every_share = pytest.mark.parametrize("p", [0.1, 0.2, 0.3, 0.5, 0.996])


@every_share
def test_drops_its_share_and_scales_the_rest_to_the_same_mean(p: float) -> None:
    torch.manual_seed(0)
    answer = Dropout(p)(torch.ones(1001, 999))
    dropped = round(256 * p) / 256
    assert (answer == 0).double().mean().item() == pytest.approx(dropped, abs=0.003)
    assert answer[answer != 0].unique().tolist() == pytest.approx([1 / (1 - dropped)])


def test_each_element_is_dropped_by_itself() -> None:
    """Of all pairs that stand up to 16 apart, both are kept as often as by chance."""
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(400_000)) != 0).double()
    for apart in range(1, 17):
        assert (kept[apart:] * kept[:-apart]).mean().item() == pytest.approx(0.25, abs=0.005)


def test_the_gradient_is_the_mask() -> None:
    x = torch.randn(7, 3, requires_grad=True)
    answer = Dropout(0.4)(x)
    answer.sum().backward()
    torch.testing.assert_close(answer, x * x.grad)
    assert (x.grad == 0).any()


def test_a_seed_gives_one_mask() -> None:
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(Dropout(0.5)(torch.ones(50)))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_eval_mode_drops_nothing() -> None:
    x = torch.randn(5, 5)
    assert Dropout(0.5).eval()(x) is x


@pytest.mark.parametrize(("p", "mean"), [(0.0, 1.0), (1.0, 0.0)])
def test_all_or_nothing(p: float, mean: float) -> None:
    assert Dropout(p)(torch.ones(4, 4)).mean() == mean


def test_replaces_every_dropout_inside() -> None:
    module = nn.Sequential(nn.Dropout(0.1), nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3)))
    replace_dropout(module)
    assert [child.p for child in module.modules() if isinstance(child, Dropout)] == [0.1, 0.3]
    assert not any(type(child) is nn.Dropout for child in module.modules())
