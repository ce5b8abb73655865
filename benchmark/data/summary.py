"""The summary of a data set: its metric and size, text that no model reads, held-out texts that are in train too."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from benchmark.data.entry import Metric

AGREEMENT = "agreement with the teacher"
"""Meaning of F1 on validation texts without labels."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Text beyond the maximum length, by split; splits without any are left out."""

    max_length: int
    """Tokens that a model reads of a text."""
    texts: Mapping[str, int]
    """Texts of more tokens."""
    words: Mapping[str, int]
    """In tagging, words beyond it. They get the most frequent tag."""


@dataclass(frozen=True, kw_only=True)
class Unlabelled:
    """Counts of a data set's unlabelled texts."""

    read: int
    held_out: int
    """Left out, since they are validation or test texts of a data set of the suite."""
    labelled: int
    """Left out, since they are in train."""
    repeated: int
    """Left out, since they were read before."""
    kept: int


@dataclass(frozen=True, kw_only=True)
class DataSummary:
    """Counts of a data set, as stored with its runs."""

    name: str
    metric: Metric
    n_labels: int
    rows: Mapping[str, int]
    """By split."""
    unread: Unread
    in_train: Mapping[str, int]
    """Held-out texts that are in train too, by split; splits without any are left out."""
    skipped: Mapping[str, int]
    """Lines without an example, by kind."""
    in_validation: Mapping[str, int] = field(default_factory=dict)
    """Test texts that are in validation too: learning rates and epochs were chosen on them."""
    contradictory: Mapping[str, int] = field(default_factory=dict)
    """Texts that occur in their split with other labels too, by split; splits without any are left out."""
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Labels of train that a held-out split lacks, by split: F1 leaves them out, and often they are a mistake."""
    unlabelled: Mapping[str, Unlabelled] = field(default_factory=dict)
    """By source; sources that no setting of the plan reads are left out."""
    scheme: str = ""
    """Of entity tags, as IOB2; empty for others."""
    validation: str = ""
    """AGREEMENT where validation texts have no labels, else empty."""

    @classmethod
    def from_json(cls, text: str) -> "DataSummary | None":
        """The summary that `to_json` wrote; None for any other text."""
        from pydantic import TypeAdapter, ValidationError  # here: plans and lists start without it

        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError:
            return None

    def to_json(self) -> str:
        return json.dumps(asdict(self))
