"""Student architectures: the paper's five (section 3.2) and smaller ones, as plain torch modules.

Shapes, in every docstring of this package:
    B  sentences of a batch        L  tokens of its longest sentence
    C  classes (tags for tagging)  V  tokens of the vocabulary        D  width

A student maps `input_ids` and `attention_mask`, both LongTensor [B, L] with right padding, to logits: FloatTensor
[B, C] for classification, [B, L, C] for sequence_labeling. The logits of a sentence do not depend on the rest of its
batch. Students know nothing of teachers, distillation, data sets or tracking.
"""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from students.registry import PAPER, STUDENTS, Shape

if TYPE_CHECKING:  # torch takes seconds to import, and most readers of STUDENTS build nothing
    from torch import nn

__all__ = ["PAPER", "STUDENTS", "build", "word_embeddings"]


def build(name: str, *, task: str, vocab_size: int, n_labels: int, pad_id: int = 0) -> "nn.Module":
    """A freshly initialised student. Raises ValueError for a name that STUDENTS does not hold."""
    if name not in STUDENTS:
        raise ValueError(f"Unknown student {name!r}; students/registry.py holds {', '.join(STUDENTS)}.")
    module, _, builder = STUDENTS[name].builder.partition(":")
    shape = Shape(task=task, vocab_size=vocab_size, n_labels=n_labels, pad_id=pad_id)
    return cast("nn.Module", getattr(import_module(module), builder)(shape))


def word_embeddings(student: "nn.Module") -> "nn.Embedding":
    """The student's embedding table [V, D]."""
    return cast("nn.Embedding", student.embedding)
