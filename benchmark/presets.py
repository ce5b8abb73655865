"""Budgets: how long a plan may train, how it picks learning rates, and whose teacher it takes."""

from dataclasses import dataclass

GRID_RATES = (5e-3, 1e-3, 5e-4, 1e-4, 5e-5, 1e-5)
"""The six learning rates of the paper's section 4.4; the best by validation F1 is kept."""

STUDENT_RATES = {"bilstm": 1e-3, "cnn": 1e-3, "bert_tiny": 1e-3, "bert_mini": 5e-4, "bert_small": 2e-4}
"""One rate a student where no grid is searched; see docs/lab-log.md for how they were chosen."""

MAX_LENGTH = {"classification": 128, "sequence_labeling": 256}
"""Pieces kept of a text."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What `--preset` stands for; every value can be overruled on the command line or in a suite's file."""

    teacher: str
    grid: bool
    max_epochs: int
    max_steps: int
    patience: int
    batch_size: int
    teacher_rate: float
    teacher_epochs: int
    teacher_patience: int
    teacher_weight_decay: float = 0.01


PRESETS: dict[str, Preset] = {
    "quickstart": Preset(
        teacher="package:benchmark",
        grid=False,
        max_epochs=100,
        max_steps=2000,
        patience=10,
        batch_size=32,
        teacher_rate=1e-3,
        teacher_epochs=24,
        teacher_patience=6,
    ),
    "paper": Preset(
        teacher="indobenchmark/indobert-base-p1",
        grid=True,
        max_epochs=100,
        max_steps=0,
        patience=10,
        batch_size=32,
        teacher_rate=1e-4,
        teacher_epochs=5,
        teacher_patience=2,
    ),
}
