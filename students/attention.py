"""Multi-head self-attention of the Transformer."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


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
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, asking: Tensor, asked: Tensor, attention_mask: Tensor) -> Tensor:
        """`asking` [B, Q, D] attends to `asked` [B, L, D] where `attention_mask` [B, L] is 1; returns [B, Q, D]."""
        query = self._split(self.query(asking))
        key, value = self.key_value(asked).chunk(2, dim=-1)
        visible = attention_mask.to(torch.bool)[:, None, None, :]
        mixed = scaled_dot_product_attention(query, self._split(key), self._split(value), attn_mask=visible)
        merged = mixed.transpose(1, 2).flatten(2)
        return cast("Tensor", self.norm(asking + self.dropout(self.out(merged))))

    def _split(self, x: Tensor) -> Tensor:
        """[B, L, D] to [B, heads, L, D / heads]."""
        return cast("Tensor", x.unflatten(-1, (self.n_heads, -1))).transpose(1, 2)  # type: ignore[no-untyped-call]
