"""Bidirectional LSTM with Transformer self-attention (section 3.2.2, Figure 1)."""

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from students.attention import SelfAttention
from students.dropout import Dropout
from students.registry import Shape

WIDTHS = {"classification": 100, "sequence_labeling": 128}
"""Embedding width and hidden width per direction, which the paper does not state: chosen by Table 7's parameters.

With IndoBERT's 30,521 tokens 3.375 to 3.404 M over the classification data sets (Table 7: 3.35 M), and 4.436 to
4.442 M over the tagging ones (4.38 M).
"""
INT32 = 6
"""ONNX's number of the type."""


class BiLstm(nn.Module):
    """Embedding, bidirectional LSTM, self-attention, linear head.

    For classification the head reads the first position, as BERT's does, so only that position attends. The backward
    direction is a second LSTM over each sentence reversed within its length, so that padding is never read before the
    sentence: equal logits in any batch, without packing. An ONNX export has one bidirectional LSTM, which reads the
    lengths of the sentences and is quicker (docs/lab-log.md).
    """

    def __init__(self, shape: Shape, *, width: int = 0, n_heads: int = 4, dropout: float = 0.3) -> None:
        super().__init__()
        width = width or WIDTHS[shape.task]
        self.per_token = shape.per_token
        self.embedding = nn.Embedding(shape.vocab_size, width, padding_idx=shape.pad_id)
        self.forward_lstm = nn.LSTM(width, width, batch_first=True)
        self.backward_lstm = nn.LSTM(width, width, batch_first=True)
        self.attention = SelfAttention(2 * width, n_heads, dropout)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(2 * width, shape.n_labels)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [B, C], or [B, L, C] for tagging."""
        states = self._bidirectional(self.dropout(self.embedding(input_ids)), attention_mask)
        attended = self.attention(states if self.per_token else states[:, :1], states, attention_mask)
        return cast("Tensor", self.head(self.dropout(attended if self.per_token else attended[:, 0])))

    def _bidirectional(self, x: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, L, D] to [B, L, 2D]."""
        mirror = _mirror(attention_mask)[:, :, None]
        ahead, _ = self.forward_lstm(x)
        back, _ = self.backward_lstm(x.gather(1, mirror.expand(-1, -1, x.size(-1))))
        states = torch.cat([ahead, back.gather(1, mirror.expand(-1, -1, x.size(-1)))], dim=-1)
        return self._one_node(states, x, attention_mask) if torch.onnx.is_in_onnx_export() else states

    def _one_node(self, states: Tensor, x: Tensor, attention_mask: Tensor) -> Tensor:
        both, width = (self.forward_lstm, self.backward_lstm), self.forward_lstm.hidden_size
        w, r, b_w, b_r = (
            _by_gate([getattr(lstm, f"{name}_l0") for lstm in both], width)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        biases = torch.cat([b_w, b_r], dim=-1)
        return cast("Tensor", _OneNode.apply(states, x, attention_mask, w, r, biases, width))  # type: ignore[no-untyped-call]


class _OneNode(torch.autograd.Function):
    """The states [B, L, 2D] of two LSTMs, which ONNX computes by one node for both directions and any lengths."""

    @staticmethod
    def forward(_: Any, states: Tensor, *__: Any) -> Tensor:
        return states.clone()

    @staticmethod
    def symbolic(g: Any, _: Any, x: Any, mask: Any, w: Any, r: Any, b: Any, width: int) -> Any:
        axis = g.op("Constant", value_t=torch.tensor([1]))
        lengths = g.op("Cast", g.op("ReduceSum", mask, axis, keepdims_i=0), to_i=INT32)
        by_position = g.op("Transpose", x, perm_i=[1, 0, 2])
        both = g.op("LSTM", by_position, w, r, b, lengths, hidden_size_i=width, direction_s="bidirectional")
        whole = g.op("Constant", value_t=torch.tensor([0, 0, -1]))
        return g.op("Reshape", g.op("Transpose", both, perm_i=[2, 0, 1, 3]), whole)  # from [L, 2, B, D]


def _by_gate(weights: list[Tensor], width: int) -> Tensor:
    """[2, 4D, ...] weights of both directions; torch orders the gates i, f, g, o, and ONNX i, o, f, g."""
    rows = torch.arange(4 * width).view(4, width)[[0, 3, 1, 2]].flatten()
    return torch.stack([weight[rows] for weight in weights])


bilstm_small = partial(BiLstm, width=64)


def _mirror(attention_mask: Tensor) -> Tensor:
    """Positions [B, L] that reverse each sentence within its length and leave padding in place; its own inverse."""
    positions = torch.cumsum(torch.ones_like(attention_mask), dim=1) - 1
    last = attention_mask.sum(dim=1, keepdim=True) - 1
    return torch.where(positions <= last, last - positions, positions)
