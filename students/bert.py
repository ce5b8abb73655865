"""Small BERTs, untrained (section 3.2.4, Table 3; Turc et al., 2019, https://arxiv.org/abs/1908.08962)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from torch import Tensor, nn

from students.attention import attend, attend_once
from students.dropout import replace_dropout
from students.shape import Shape

if TYPE_CHECKING:
    from transformers import BertConfig


@dataclass(frozen=True, kw_only=True)
class BertSize:
    """A column of Table 3."""

    n_heads: int
    n_layers: int
    width: int


BERT_TINY = BertSize(n_heads=2, n_layers=2, width=128)
BERT_MINI = BertSize(n_heads=4, n_layers=4, width=256)
BERT_SMALL = BertSize(n_heads=8, n_layers=4, width=512)


class BertStudent(nn.Module):
    """BERT of the given size with a linear head: on the pooled first position, or on every position for tagging.

    A tagger has no pooler, which it would not read. Table 7's taggers are counted with one: 4.40, 11.18 and 28.78 M
    parameters, beside 4.37, 11.11 and 28.51 M here.
    """

    def __init__(self, size: BertSize, shape: Shape) -> None:
        from transformers import BertModel  # a second that no plan, and no other student, has to wait

        super().__init__()
        self.per_token = shape.per_token
        self.encoder = BertModel(_config(size, shape), add_pooling_layer=not shape.per_token)
        self.dropout = nn.Dropout(self.encoder.config.hidden_dropout_prob)
        self.head = nn.Linear(size.width, shape.n_labels)
        replace_dropout(self)

    @property
    def embedding(self) -> nn.Embedding:
        return self.encoder.embeddings.word_embeddings

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [B, C], or [B, L, C] for tagging."""
        if self.training:
            read = self._read(input_ids, attention_mask)
        else:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
            read = states.last_hidden_state if self.per_token else states.pooler_output
        return cast("Tensor", self.head(self.dropout(read)))

    def _read(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The same by the encoder's own modules, without what a classifier does not read: most of the last layer."""
        x = self.encoder.embeddings(input_ids)
        *layers, last = self.encoder.encoder.layer
        for layer in layers:
            x = _layer(layer, x, x, attention_mask)
        if self.per_token:
            return _layer(last, x, x, attention_mask)
        pooler = cast("nn.Module", self.encoder.pooler)
        return cast("Tensor", pooler(_layer(last, x[:, :1], x, attention_mask)))


def _layer(layer: Any, asking: Tensor, asked: Tensor, attention_mask: Tensor) -> Tensor:
    """What a BertLayer makes of the positions `asking` [B, Q, D] out of `asked` [B, L, D]."""
    own, n_heads = layer.attention.self, layer.attention.self.num_attention_heads
    query = own.query(asking)
    if asking.size(1) == 1:
        weights = own.key.weight, own.value.weight, own.value.bias
        mixed = attend_once(query, asked, attention_mask, n_heads, *weights, own.dropout)
    else:
        mixed = attend(query, own.key(asked), own.value(asked), attention_mask, n_heads, own.dropout)
    attended = layer.attention.output(mixed, asking)
    return cast("Tensor", layer.output(layer.intermediate(attended), attended))


def _config(size: BertSize, shape: Shape) -> "BertConfig":
    from transformers import BertConfig

    return BertConfig(
        vocab_size=shape.vocab_size,
        hidden_size=size.width,
        num_hidden_layers=size.n_layers,
        num_attention_heads=size.n_heads,
        intermediate_size=4 * size.width,
        pad_token_id=shape.pad_id,
    )
