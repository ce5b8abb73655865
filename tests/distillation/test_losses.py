"""The losses against numbers written down by hand."""

import math

import pytest
import torch
from torch import Tensor

from benchmark.core.settings import SETTINGS
from benchmark.distillation.losses import IGNORED, hard, kld, loss_function, mse

LN2, LN3 = math.log(2), math.log(3)


def test_mse_compares_raw_logits() -> None:
    logits, teacher = torch.tensor([[1.0, 2.0], [0.0, -3.0]]), torch.tensor([[3.0, 2.0], [1.0, -1.0]])
    assert mse(logits, teacher).item() == pytest.approx((4 + 0 + 1 + 4) / 4)


def test_mse_sees_a_shift_that_softmax_hides() -> None:
    teacher = torch.tensor([[1.0, 5.0, 2.0]])
    assert mse(teacher + 3, teacher).item() == pytest.approx(9.0)
    assert kld(teacher + 3, teacher).item() == pytest.approx(0.0, abs=1e-6)


def test_kld_by_hand() -> None:
    student, teacher = torch.zeros(1, 2), torch.tensor([[LN3, 0.0]])  # 1/2, 1/2 against 3/4, 1/4
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert kld(student, teacher).item() == pytest.approx(expected, rel=1e-5)


def test_kld_runs_from_the_teacher_to_the_student() -> None:
    student, teacher = torch.tensor([[LN3, 0.0]]), torch.zeros(1, 2)
    assert kld(student, teacher).item() == pytest.approx(0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))


def test_kld_softens_and_multiplies_by_t_squared() -> None:
    student, teacher = torch.zeros(1, 2), torch.tensor([[2 * LN3, 0.0]])  # at T = 2 as above
    expected = 4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))
    assert kld(student, teacher, temperature=2.0).item() == pytest.approx(expected, rel=1e-5)


def test_kld_is_a_mean_over_answers_not_over_classes() -> None:
    student, teacher = torch.zeros(1, 2), torch.tensor([[LN3, 0.0]])
    assert kld(student.repeat(5, 1), teacher.repeat(5, 1)).item() == pytest.approx(kld(student, teacher).item())


def gradient_size(temperature: float) -> float:
    generator = torch.Generator().manual_seed(0)
    student = torch.randn(16, 5, generator=generator).requires_grad_()
    kld(student, torch.randn(16, 5, generator=generator), temperature).backward()
    return student.grad.norm().item()


def test_gradients_of_kld_do_not_shrink_with_the_temperature() -> None:
    assert gradient_size(1000.0) == pytest.approx(gradient_size(100.0), rel=0.02)
    assert gradient_size(100.0) > 0.5 * gradient_size(1.0)


def test_gradient_of_kld_at_a_high_temperature_is_that_of_mse() -> None:
    """Hinton et al., 2015, section 2.1: (z - v) / C for logits of zero mean; times 1/N for the mean over answers."""
    student = torch.tensor([[1.0, -2.0, 1.0], [0.5, 0.0, -0.5]], requires_grad=True)
    teacher = torch.tensor([[2.0, 0.0, -2.0], [-1.0, 1.0, 0.0]])
    kld(student, teacher, temperature=1e3).backward()
    torch.testing.assert_close(student.grad, (student - teacher).detach() / 3 / 2, atol=2e-3, rtol=0)


def test_hard_by_hand_with_ignored_words() -> None:
    logits = torch.tensor([[LN3, 0.0], [0.0, 0.0], [50.0, -50.0]])
    labels = torch.tensor([0, 1, IGNORED])
    assert hard(logits, labels).item() == pytest.approx((-math.log(0.75) + LN2) / 2)


def test_an_ignored_word_has_no_gradient() -> None:
    logits = torch.randn(3, 4, requires_grad=True)
    hard(logits, torch.tensor([1, IGNORED, 2])).backward()
    assert logits.grad.abs().sum(dim=1).bool().tolist() == [True, False, True]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_names_a_loss_that_falls_towards_its_target(setting: object) -> None:
    loss = loss_function(setting.loss, setting.temperature)
    targets: Tensor = torch.tensor([0]) if setting.loss == "hard" else torch.tensor([[4.0, 0.0, -4.0]])
    near, far = torch.tensor([[4.0, 0.0, -4.0]]), torch.tensor([[-4.0, 0.0, 4.0]])
    assert 0 <= loss(near, targets).item() < 0.1 < loss(far, targets).item()


def test_the_temperature_reaches_the_loss() -> None:
    student, teacher = torch.tensor([[0.0, 1.0]]), torch.tensor([[3.0, 0.0]])
    assert torch.equal(loss_function("kld", 3.0)(student, teacher), kld(student, teacher, 3.0))
    with pytest.raises(KeyError):
        loss_function("soft")
