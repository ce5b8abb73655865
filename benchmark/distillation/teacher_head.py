"""The head of a teacher: its rows in the order of a data set's labels, and their names."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from benchmark.core.errors import DataError
from benchmark.distillation.teacher_labels import NEW, read_head

BELOW = 10.0
"""By how much the logit of a label without a row is below the mean of the others: such a label is never predicted
(probability under 5e-5), and students that learn logits by MSE are not led to an extreme one."""


def arrange(model: Any, head: str, labels: Sequence[str]) -> None:
    """Arranges a transformers model's head for `labels` as `RunSpec.head` says, and names its rows in the config.

    Several rows of one label get its name each; see `merged_rows`. Raises DataError for a head whose last layer is not
    linear.
    """
    names = list(labels)
    if head == NEW:
        layer = _output(model)
        nn.init.normal_(layer.weight, std=getattr(model.config, "initializer_range", 0.02))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif head:
        rows = read_head(head)
        pairs = [(label, row) for label, of_label in zip(labels, rows, strict=True) for row in of_label or (None,)]
        names = [label for label, _ in pairs]
        _select(_output(model), [row for _, row in pairs])
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: row for row, name in enumerate(names)}
    model.num_labels = len(names)


def merged_rows(model: Any) -> list[list[int]]:
    """Rows of each label by the names in the config, in order of their first; empty if each label has one."""
    rows: dict[str, list[int]] = {}
    for row, name in sorted(model.config.id2label.items()):
        rows.setdefault(name, []).append(row)
    return list(rows.values()) if len(rows) < len(model.config.id2label) else []


def merge(logits: Tensor, rows: Sequence[Sequence[int]]) -> Tensor:
    """[..., C] logits of labels from those of rows [..., R]; probabilities of a label's rows add up."""
    return torch.stack([_sum(logits[..., list(of_label)]) for of_label in rows], dim=-1)


def _sum(logits: Tensor) -> Tensor:
    return logits[..., 0] if logits.shape[-1] == 1 else logits.logsumexp(-1)


def _output(model: Any) -> nn.Linear:
    """The last layer of the head: the last linear one outside the encoder with a row for each label."""
    encoder = f"{model.base_model_prefix}."
    found = [
        layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear)
        and not name.startswith(encoder)
        and layer.out_features == model.config.num_labels
    ]
    if not found:
        raise DataError(
            f"The head of the teacher, a {type(model).__name__}, has no linear layer of {model.config.num_labels} rows "
            "to be put into the order of the data's labels. Give the encoder alone, to be fine-tuned here."
        )
    return found[-1]


def _select(layer: nn.Linear, rows: Sequence[int | None]) -> None:
    """Keeps these rows in this order; None is BELOW the mean of the others."""
    parts = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    kept = [row for row in rows if row is not None]
    with torch.no_grad():
        weight, *bias = (torch.stack([p[kept].mean(0) if row is None else p[row] for row in rows]) for p in parts)
        offset = torch.tensor([-BELOW if row is None else 0.0 for row in rows])
    layer.weight = nn.Parameter(weight)
    layer.bias = nn.Parameter(bias[0] + offset) if bias else cast("Any", None)
    layer.out_features = len(rows)
