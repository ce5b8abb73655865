"""Presets: training budgets, learning rates and the default teacher."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from students.registry import STUDENTS

GRID_RATES = (5e-3, 1e-3, 5e-4, 1e-4, 5e-5, 1e-5)
"""The six learning rates of the paper's section 4.4; the best by validation F1 is used."""

SCREENING, FINALISTS = 1 / 8, 2
"""Share of a run's budget with which every rate is tried, and number of rates then trained with all of it."""
SEARCH_COST = len(GRID_RATES) * SCREENING + FINALISTS
"""Cost of a run that searches its rate, in runs at one rate."""

STUDENT_RATES = {name: student.learning_rate for name, student in STUDENTS.items()}
"""Learning rate of each student where no grid is searched."""

EMBEDDING_SCALES = {name: student.embedding_scale for name, student in STUDENTS.items()}
"""Factor of each student's random initial embeddings."""

MAX_EPOCHS = 20
"""Maximum epochs of a teacher's fine-tuning on a small data set."""

MAX_LENGTH = {"classification": 128, "sequence_labeling": 256}
"""Maximum tokens of a text."""


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Fine-tuning of a pretrained encoder into a teacher; the rate decays linearly to 0 over the epochs."""

    learning_rate: float
    epochs: int
    patience: int
    weight_decay: float = 0.01
    min_steps: int = 0

    def epochs_for(self, n_batches: int) -> int:
        """Epochs of `n_batches` that make `min_steps`, at most MAX_EPOCHS: small data sets need more of them.

        Source: Mosbach et al., 2021 (https://arxiv.org/abs/2006.04884).
        """
        return max(self.epochs, min(MAX_EPOCHS, ceil(self.min_steps / max(1, n_batches))))


BUNDLED_TEACHER = "package:benchmark"
"""The compact encoder that ships with the demonstration data (benchmark/data/demo/encoder)."""

FINE_TUNINGS = {BUNDLED_TEACHER: FineTuning(learning_rate=1e-3, epochs=24, patience=6)}
USUAL_FINE_TUNING = FineTuning(learning_rate=1e-4, epochs=5, patience=2, min_steps=1000)
"""Fine-tuning of all other encoders, in any preset: a small encoder's rate would undo a large one's pre-training."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Values of a `--preset`; the command line or a suite's file can override each."""

    teacher: str
    grid: bool
    max_epochs: int
    max_steps: int
    """Budget of every setting, however much text it reads, so that `max_epochs` is to end none of them earlier; 0 for
    epochs alone."""
    patience: int
    batch_size: int
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Settings, by student, that a built-in suite's plan omits unless named, since they take minutes on two cores."""


UNLABELED = ("kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert")

PRESETS: dict[str, Preset] = {
    "quickstart": Preset(
        teacher=BUNDLED_TEACHER,
        grid=False,
        max_epochs=100,
        max_steps=3000,
        patience=10,
        batch_size=32,
        left_out={"bert_mini": ("kd", *UNLABELED), "bert_small": ("kd", *UNLABELED)},
    ),
    "paper": Preset(
        teacher="indobenchmark/indobert-base-p1",
        grid=True,
        max_epochs=100,
        max_steps=0,
        patience=10,
        batch_size=32,
    ),
}
