"""What a claim is: a statement on students, and what would have to be seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmark.core.spec import TASKS, Task
from benchmark.reporting.claims.pairs import Kind
from benchmark.reporting.intervals import Expected

NAMES: Mapping[str, str] = {
    "bilstm": "BiLSTM",
    "cnn": "CNN",
    "bert_tiny": "BERT-Tiny",
    "bert_mini": "BERT-Mini",
    "bert_small": "BERT-Small",
}
TEXTS: tuple[Task, ...] = ("classification",)
TAGS: tuple[Task, ...] = ("sequence_labeling",)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """`expects` says on which side of no effect it has it; a `quoted` figure stands in the paper's text alone."""

    name: str
    section: str
    """Of the paper: where it is made, or where that stands which a claim of ours goes beyond."""
    text: str
    kind: Kind
    expects: Expected = "above"
    tasks: tuple[Task, ...] = TASKS
    quoted: float | None = None
    made_by: Literal["paper", "us"] = "paper"
