"""The losses on soft targets of section 3.1, and that of students without a teacher, on logits [N, C].

Targets are the teacher's logits [N, C], or labels [N] with -100 ignored; N counts sentences, or words for tagging.
"""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

IGNORED = -100

LossFunction = Callable[[Tensor, Tensor], Tensor]


def mse(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Mean squared error on raw logits (Equation 1; Kim et al., 2021, https://arxiv.org/abs/2105.08919)."""
    return functional.mse_loss(logits, teacher_logits)


def kld(logits: Tensor, teacher_logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Kullback-Leibler divergence of the softened distributions, times T² (Hinton et al., 2015, section 2.1).

    Without T² the gradients would shrink as the temperature grows (https://arxiv.org/abs/1503.02531).
    """
    student = functional.log_softmax(logits / temperature, dim=-1)
    teacher = functional.log_softmax(teacher_logits / temperature, dim=-1)
    return temperature**2 * functional.kl_div(student, teacher, reduction="batchmean", log_target=True)


def hard(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy with the labels of the data, for vanilla students (section 4.2).

    The hard targets of section 3.1 are others: the teacher's predicted labels.
    """
    return functional.cross_entropy(logits, labels, ignore_index=IGNORED)


def loss_function(name: str, temperature: float = 1.0) -> LossFunction:
    """The loss by a setting's name for it."""
    losses: dict[str, LossFunction] = {
        "mse": mse,
        "kld": lambda logits, targets: kld(logits, targets, temperature),
        "hard": hard,
    }
    return losses[name]
