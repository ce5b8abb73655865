"""Multi-head self-attention of the Transformer."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from students.dropout import Dropout


class SelfAttention(nn.Module):
    """Scaled dot-product attention over several heads, with residual and layer normalisation.

    Source: Vaswani et al., 2017, section 3.2 (https://arxiv.org/abs/1706.03762), named by the paper's section 3.2.2.
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.dropout = Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, context: Tensor, attention_mask: Tensor) -> Tensor:
        """`x` [B, Q, D] attends to `context` [B, L, D] where `attention_mask` [B, L] is 1; returns [B, Q, D]."""
        query = self.query(x)
        if x.size(1) == 1:
            (key, value), bias = self.key_value.weight.chunk(2), self.key_value.bias.chunk(2)[1]
            mixed = attend_once(query, context, attention_mask, self.n_heads, key, value, bias)
        else:
            mixed = self._mix(query, context, attention_mask)
        return cast("Tensor", self.norm(x + self.dropout(self.out(mixed))))

    def _mix(self, query: Tensor, context: Tensor, attention_mask: Tensor) -> Tensor:
        key, value = self.key_value(context).chunk(2, dim=-1)
        query, key, value = (_split(x, self.n_heads) for x in (query, key, value))
        visible = attention_mask.to(torch.bool)[:, None, None, :]
        return scaled_dot_product_attention(query, key, value, attn_mask=visible).transpose(1, 2).flatten(2)


def attend(
    query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor, n_heads: int, dropout: Callable[[Tensor], Tensor]
) -> Tensor:
    """Scaled dot-product attention of `query` [B, Q, D] on `key` and `value` [B, L, D], with dropout of its weights."""
    query, key, value = (_split(x, n_heads) for x in (query, key, value))
    scores = query @ key.transpose(2, 3)
    return (dropout(_weights(scores, query.size(-1), attention_mask[:, None, None])) @ value).transpose(1, 2).flatten(2)


def attend_once(
    query: Tensor,
    context: Tensor,
    attention_mask: Tensor,
    n_heads: int,
    key: Tensor,
    value: Tensor,
    value_bias: Tensor,
    dropout: Callable[[Tensor], Tensor] = lambda weights: weights,
) -> Tensor:
    """Attention of one `query` [B, 1, D] per sentence on `context` [B, L, D], without computing keys or values of it.

    `key` and `value` are the weights [D, D] of their projections: q · K x = Kᵀq · x, and Σ a (V x + b) =
    V Σ a x + b Σ a. The bias of keys is not needed: it adds the same to the scores of all positions.
    """
    width = len(value_bias)
    key, value = (weight.view(n_heads, -1, width) for weight in (key, value))  # [H, D / H, D]
    queries = query.reshape(-1, n_heads, width // n_heads)  # [B, H, D / H]
    scores = _by_head(queries, key) @ context.transpose(1, 2)
    weights = dropout(_weights(scores, width // n_heads, attention_mask[:, None]))  # [B, H, L]
    mixed = _by_head(weights @ context, value.transpose(1, 2))
    bias = value_bias.view(n_heads, -1) * weights.sum(dim=-1, keepdim=True)
    return (mixed + bias).reshape(-1, 1, width)


def _by_head(x: Tensor, weight: Tensor) -> Tensor:
    """[B, H, I] times each head's [H, I, O]: [B, H, O]."""
    return (x.transpose(0, 1) @ weight).transpose(0, 1)


def _split(x: Tensor, n_heads: int) -> Tensor:
    """[B, L, D] to [B, heads, L, D / heads]."""
    return cast("Tensor", x.unflatten(-1, (n_heads, -1))).transpose(1, 2)  # type: ignore[no-untyped-call]


def _weights(scores: Tensor, width: int, attention_mask: Tensor) -> Tensor:
    """Scores [..., L] to weights that sum to 1 over the tokens of each sentence; `attention_mask` broadcasts."""
    return torch.softmax((scores * width**-0.5).masked_fill(attention_mask == 0, -torch.inf), dim=-1)
