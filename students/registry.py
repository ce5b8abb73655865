"""Students: one row each, read without importing torch. A new student is its module and a row here."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Student:
    """A student architecture, and what plans and reports need to know of it."""

    label: str
    """Name in prose, as the paper writes it."""
    description: str
    architecture: str
    """`module:class` of a torch module that is built from a Shape."""
    size: str = ""
    """`module:constant` that the class takes before the shape; empty for classes of one size."""
    learning_rate: float
    """Used where no grid is searched and none is given; docs/lab-log.md tells how it was chosen."""
    microseconds_per_token: float
    """Training on one core: a hint for the plan's estimate, to tell minutes from hours."""


STUDENTS: dict[str, Student] = {
    "bilstm": Student(
        label="BiLSTM",
        description="bidirectional LSTM with self-attention",
        architecture="students.bilstm:BiLstm",
        learning_rate=3e-3,
        microseconds_per_token=30,
    ),
    "cnn": Student(
        label="CNN",
        description="residual depthwise-separable convolutions",
        architecture="students.cnn:Cnn",
        learning_rate=3e-3,
        microseconds_per_token=40,
    ),
    "bert_tiny": Student(
        label="BERT-Tiny",
        description="BERT of 2 layers, width 128, untrained",
        architecture="students.bert:BertStudent",
        size="students.bert:BERT_TINY",
        learning_rate=1e-3,
        microseconds_per_token=60,
    ),
    "bert_mini": Student(
        label="BERT-Mini",
        description="BERT of 4 layers, width 256, untrained",
        architecture="students.bert:BertStudent",
        size="students.bert:BERT_MINI",
        learning_rate=5e-4,  # set without trying others, as the next one
        microseconds_per_token=300,
    ),
    "bert_small": Student(
        label="BERT-Small",
        description="BERT of 4 layers, width 512, untrained",
        architecture="students.bert:BertStudent",
        size="students.bert:BERT_SMALL",
        learning_rate=2e-4,
        microseconds_per_token=1100,
    ),
}
