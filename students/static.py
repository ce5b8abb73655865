"""Token and bigram embeddings without a sequence model: a weighted mean, or a window of neighbours for tagging.

Sources: weights per token, Arora et al., 2017 (https://openreview.net/forum?id=SyK00v5xx), learned here rather than
from frequencies; hashed bigrams, Joulin et al., 2017 (https://arxiv.org/abs/1607.01759).
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, pad

from students.dropout import Dropout
from students.registry import Shape

WIDTH = 100
N_BUCKETS, BIGRAM_WIDTH = 4096, 32
FACTORS = 31_321, 17_389
"""Primes that spread pairs of token ids over the buckets."""
REACH = 2
"""Neighbours on each side that a tag is read from."""
HIDDEN = 128


class Static(nn.Module):
    """Embeddings of tokens and of the bigrams that end in them, pooled, and a classifier of one hidden layer.

    Classification reads their mean with one learned weight per token; tagging reads each token's neighbours beside it.
    """

    def __init__(self, shape: Shape, *, dropout: float = 0.3) -> None:
        super().__init__()
        self.per_token = shape.per_token
        self.embedding = nn.Embedding(shape.vocab_size, WIDTH, padding_idx=shape.pad_id)
        self.weight_logits = nn.Parameter(torch.zeros(shape.vocab_size, 1))
        self.bigrams = nn.Parameter(0.1 * torch.randn(N_BUCKETS, BIGRAM_WIDTH))
        self.dropout = Dropout(dropout)
        n_parts = 1 + (2 * REACH + 1) * self.per_token
        self.hidden = nn.Linear(n_parts * (WIDTH + BIGRAM_WIDTH), HIDDEN)
        self.head = nn.Linear(HIDDEN, shape.n_labels)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [B, C], or [B, L, C] for tagging."""
        mask = attention_mask[:, :, None].to(self.head.weight.dtype)
        x = torch.cat([self.embedding(input_ids), embedding(buckets(input_ids), self.bigrams)], dim=-1) * mask
        weights = torch.exp(embedding(input_ids, self.weight_logits)) * mask
        features = (x * weights).sum(dim=1) / weights.sum(dim=1)
        if self.per_token:
            features = torch.cat([_windows(x), features[:, None].expand_as(x)], dim=-1)
        return cast("Tensor", self.head(self.dropout(torch.relu(self.hidden(self.dropout(features))))))


def buckets(input_ids: Tensor) -> Tensor:
    """[B, L] bucket of each token with the one before it; before the first stands id 0."""
    before = pad(input_ids, (1, 0))[:, :-1]
    return (FACTORS[0] * before + FACTORS[1] * input_ids) % N_BUCKETS


def _windows(x: Tensor) -> Tensor:
    """[B, L, D] to [B, L, (2 REACH + 1) D]: each position with its neighbours, zeros beyond the sentence."""
    padded = pad(x, (0, 0, REACH, REACH))
    return torch.cat([padded[:, k : k - 2 * REACH or None] for k in range(2 * REACH + 1)], dim=-1)
