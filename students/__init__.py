"""What is taught: the paper's five students (section 3.2), as plain torch modules.

Shapes, in every docstring of this package:
    B  sentences of a batch        L  pieces of its longest sentence
    C  classes (tags for tagging)  V  pieces of the vocabulary        D  width

A student maps `input_ids` and `attention_mask`, both LongTensor [B, L] with right padding, to logits: FloatTensor
[B, C] for classification, [B, L, C] for sequence_labeling. The answer for a sentence does not depend on what else is
in its batch. Students know nothing of teachers, distillation, data sets or tracking.
"""

from collections.abc import Callable
from typing import cast

from torch import nn

from students.bert import BERT_MINI, BERT_SMALL, BERT_TINY, BertStudent
from students.bilstm import BiLstm
from students.cnn import Cnn
from students.shape import Shape

__all__ = ["STUDENTS", "Shape", "build", "word_embeddings"]

STUDENTS: dict[str, Callable[[Shape], nn.Module]] = {
    "bilstm": BiLstm,
    "cnn": Cnn,
    "bert_tiny": lambda shape: BertStudent(BERT_TINY, shape),
    "bert_mini": lambda shape: BertStudent(BERT_MINI, shape),
    "bert_small": lambda shape: BertStudent(BERT_SMALL, shape),
}


def build(name: str, *, task: str, vocab_size: int, n_labels: int, pad_id: int = 0) -> nn.Module:
    """A freshly initialised student; raises KeyError for a name that STUDENTS does not hold."""
    return STUDENTS[name](Shape(task=task, vocab_size=vocab_size, n_labels=n_labels, pad_id=pad_id))


def word_embeddings(student: nn.Module) -> nn.Embedding:
    """The student's word-piece table [V, D]: what pretrained embeddings start."""
    return cast("nn.Embedding", student.embedding)
