"""What a student must know of its task to be built."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`n_labels` counts classes, or tags with their IOB prefixes; `pad_id` is the padding token's row."""

    task: str
    vocab_size: int
    n_labels: int
    pad_id: int = 0

    @property
    def per_token(self) -> bool:
        """Whether the student answers every position rather than once a sentence."""
        return self.task == "sequence_labeling"
