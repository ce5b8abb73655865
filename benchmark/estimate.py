"""How long a run should take: from runs like it where there are any, else from a rough cost per sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmark.presets import GRID_RATES
from benchmark.spec import GRID, RunSpec
from tracking import Record

SECONDS_PER_SENTENCE = {
    "teacher": 0.06,
    "bilstm": 0.0012,
    "cnn": 0.0012,
    "bert_tiny": 0.002,
    "bert_mini": 0.006,
    "bert_small": 0.02,
}
"""Of training, on two cores, for a sentence of some 25 pieces: only to tell minutes from hours."""

LIKELY_EPOCHS = 20
"""At which early stopping tends to end a student's training."""


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Seconds by what is known of earlier runs."""

    seconds: Mapping[tuple[str, ...], float]

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> "Estimator":
        """Medians over finished runs that were no smoke runs, by data set, student and setting."""
        known: dict[tuple[str, ...], list[float]] = {}
        for record in records:
            if record.status == "finished" and record.tags.get("smoke") == "false" and record.end_time:
                likeness = tuple(record.tags.get(tag, "") for tag in ("role", "dataset", "student", "setting"))
                known.setdefault(likeness, []).append((record.end_time - record.start_time) / 1000)
        return cls(seconds={likeness: median(values) for likeness, values in known.items()})

    def __call__(self, spec: RunSpec, n_sentences: int) -> float:
        """Expected seconds of a run that trains on `n_sentences`."""
        role = "teacher" if spec.is_teacher else "train"
        known = self.seconds.get((role, spec.dataset, spec.student, spec.setting))
        if known is not None and not spec.smoke:
            return known
        n_trials = len(GRID_RATES) if spec.learning_rate == GRID else 1
        return 3 + SECONDS_PER_SENTENCE.get(spec.student, 0.01) * n_trials * _sentences_seen(spec, n_sentences)


def _sentences_seen(spec: RunSpec, n_sentences: int) -> int:
    """Until early stopping, or until the budget of steps is spent."""
    seen = n_sentences * min(spec.max_epochs, LIKELY_EPOCHS)
    return min(seen, spec.max_steps * spec.batch_size) if spec.max_steps else seen
