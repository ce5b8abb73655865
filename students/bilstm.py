"""Bidirectional LSTM with Transformer self-attention (section 3.2.2, Figure 1)."""

from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from students.attention import SelfAttention
from students.dropout import Dropout
from students.registry import Shape

WIDTHS = {"classification": 100, "sequence_labeling": 128}
"""Embedding width and hidden width per direction, which the paper does not state: chosen by Table 7's parameters.

With IndoBERT's 30,521 tokens 3.375 to 3.404 M over the classification data sets (Table 7: 3.35 M), and 4.436 to
4.442 M over the tagging ones (4.38 M).
"""


class BiLstm(nn.Module):
    """Embedding, bidirectional LSTM, self-attention, linear head.

    For classification the head reads the first position, as BERT's does, so only that position attends. The backward
    direction is a second LSTM over each sentence reversed within its length, so that padding is never read before the
    sentence: equal logits in any batch, without packing. An ONNX export has one bidirectional LSTM, which reads the
    lengths of the sentences: a third quicker for a single one (docs/lab-log.md).
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
        if torch.onnx.is_in_onnx_export():
            return self._native(x, attention_mask)
        mirror = _mirror(attention_mask)[:, :, None]
        ahead, _ = self.forward_lstm(x)
        back, _ = self.backward_lstm(x.gather(1, mirror.expand(-1, -1, x.size(-1))))
        return torch.cat([ahead, back.gather(1, mirror.expand(-1, -1, x.size(-1)))], dim=-1)

    def _native(self, x: Tensor, attention_mask: Tensor) -> Tensor:
        """The same by one LSTM of both directions: in ONNX one node, which sorts nothing and takes any lengths."""
        both = nn.LSTM(
            self.forward_lstm.input_size, self.forward_lstm.hidden_size, batch_first=True, bidirectional=True
        )
        weights = [*self.forward_lstm.parameters(), *self.backward_lstm.parameters()]
        for name, weight in zip(dict(both.named_parameters()), weights, strict=True):
            setattr(both, name, weight)
        packed = pack_padded_sequence(x, attention_mask.sum(dim=1), batch_first=True)
        return pad_packed_sequence(both(packed)[0], batch_first=True)[0]


bilstm_small = partial(BiLstm, width=64)


def _mirror(attention_mask: Tensor) -> Tensor:
    """Positions [B, L] that reverse each sentence within its length and leave padding in place; its own inverse."""
    positions = torch.cumsum(torch.ones_like(attention_mask), dim=1) - 1
    last = attention_mask.sum(dim=1, keepdim=True) - 1
    return torch.where(positions <= last, last - positions, positions)
