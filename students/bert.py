"""Small BERTs, untrained (section 3.2.4, Table 3; Turc et al., 2019, https://arxiv.org/abs/1908.08962)."""

from functools import partial
from typing import Any, cast

from torch import Tensor, nn

from students.attention import attend, attend_once
from students.dropout import replace_dropout
from students.registry import Shape


class BertStudent(nn.Module):
    """BERT with a linear head: on the pooled first position, or on every position for tagging.

    A tagger has no pooler. Table 7 counts taggers with one: 4.40, 11.18 and 28.78 M parameters; here they have 4.37,
    11.11 and 28.51 M.
    """

    def __init__(self, shape: Shape, *, n_heads: int, n_layers: int, width: int) -> None:
        from transformers import BertConfig, BertModel  # takes a second, which plans and other students are spared

        super().__init__()
        self.per_token = shape.per_token
        config = BertConfig(
            vocab_size=shape.vocab_size,
            hidden_size=width,
            num_hidden_layers=n_layers,
            num_attention_heads=n_heads,
            intermediate_size=4 * width,
            pad_token_id=shape.pad_id,
        )
        self.encoder = BertModel(config, add_pooling_layer=not shape.per_token)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.head = nn.Linear(width, shape.n_labels)
        replace_dropout(self)

    @property
    def embedding(self) -> nn.Embedding:
        return self.encoder.embeddings.word_embeddings

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [B, C], or [B, L, C] for tagging."""
        if self.training:
            features = self._training_features(input_ids, attention_mask)
        else:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
            features = states.last_hidden_state if self.per_token else states.pooler_output
        return cast("Tensor", self.head(self.dropout(features)))

    def _training_features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The encoder's output by its modules; the last layer of a classifier computes the first position alone."""
        x = self.encoder.embeddings(input_ids)
        *layers, last = self.encoder.encoder.layer
        for layer in layers:
            x = _layer(layer, x, x, attention_mask)
        if self.per_token:
            return _layer(last, x, x, attention_mask)
        pooler = cast("nn.Module", self.encoder.pooler)
        return cast("Tensor", pooler(_layer(last, x[:, :1], x, attention_mask)))


bert_tiny = partial(BertStudent, n_heads=2, n_layers=2, width=128)
bert_mini = partial(BertStudent, n_heads=4, n_layers=4, width=256)
bert_small = partial(BertStudent, n_heads=8, n_layers=4, width=512)


def _layer(layer: Any, x: Tensor, context: Tensor, attention_mask: Tensor) -> Tensor:
    """A BertLayer's output at the positions `x` [B, Q, D], which attend to `context` [B, L, D]."""
    own, n_heads = layer.attention.self, layer.attention.self.num_attention_heads
    query = own.query(x)
    if x.size(1) == 1:
        weights = own.key.weight, own.value.weight, own.value.bias
        mixed = attend_once(query, context, attention_mask, n_heads, *weights, own.dropout)
    else:
        mixed = attend(query, own.key(context), own.value(context), attention_mask, n_heads, own.dropout)
    attended = layer.attention.output(mixed, x)
    return cast("Tensor", layer.output(layer.intermediate(attended), attended))
