"""Expected duration of a run: the median of similar finished runs, else a rough cost per token."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from benchmark.core.presets import SEARCH_COST
from benchmark.core.spec import GRID, RunSpec
from students.registry import STUDENTS
from tracking import Record

TEACHER_MICROSECONDS_PER_TOKEN = 900.0
"""Training BERT-base on two cores; rough, enough to tell minutes from hours."""
CHARACTERS_PER_TOKEN = 4
LIKELY_EPOCHS = {"hard": 20, "mse": 40, "kld": 40}
"""Epochs after which early stopping typically ends a training, by loss: on soft targets, students of the
quickstart still improve in their 30th epoch."""
OVERHEAD_SECONDS = 6
"""Loading, export, scoring and logging."""
SESSIONS_SECONDS, MEASURED_RUN_SECONDS = 30, 5
"""Measuring by the quick budget: the sessions of a data set, and the files and records of each run. 20 runs of the
quickstart took 2 min 20 s (docs/lab-log.md)."""


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Seconds per run at one learning rate, from finished runs."""

    seconds: Mapping[tuple[str, ...], float]

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> "Estimator":
        """Medians over finished runs other than smoke runs, by role, data set, student and setting."""
        seconds: dict[tuple[str, ...], list[float]] = {}
        for record in records:
            if record.status == "finished" and record.tags.get("smoke") == "false" and record.seconds is not None:
                group = tuple(record.tags.get(tag, "") for tag in ("role", "dataset", "student", "setting"))
                seconds.setdefault(group, []).append(record.seconds / _n_trainings(record.params))
        return cls(seconds={group: median(values) for group, values in seconds.items()})

    def __call__(self, spec: RunSpec, texts: Sequence[str | Sequence[str]]) -> float:
        """Expected seconds of a run that trains on `texts` (or tokens per sentence)."""
        role = "teacher" if spec.is_teacher else "train"
        measured = self.seconds.get((role, spec.dataset, spec.student, spec.setting))
        if measured is not None and not spec.smoke:
            return measured * _n_trainings(asdict(spec))
        seconds_per_token = 1e-6 * _microseconds_per_token(spec)
        return OVERHEAD_SECONDS + seconds_per_token * _n_trainings(asdict(spec)) * _tokens_seen(spec, texts)


def measuring_seconds(specs: Collection[RunSpec]) -> float:
    """Expected seconds until the milliseconds of finished runs are measured."""
    n_datasets = len({spec.dataset for spec in specs})
    return SESSIONS_SECONDS * n_datasets + MEASURED_RUN_SECONDS * len(specs)


def _n_trainings(params: Mapping[str, object]) -> float:
    """Cost of a run in trainings at one learning rate."""
    searches = params.get("learning_rate") == GRID and params.get("seed") == params.get("search_seed")
    return SEARCH_COST if searches else 1.0


def _microseconds_per_token(spec: RunSpec) -> float:
    return TEACHER_MICROSECONDS_PER_TOKEN if spec.is_teacher else STUDENTS[spec.student].microseconds_per_token


def _tokens_seen(spec: RunSpec, texts: Sequence[str | Sequence[str]]) -> float:
    """Tokens until early stopping, or until the step budget is spent."""
    if not texts:
        return 0
    characters = sum(len(text if isinstance(text, str) else " ".join(text)) for text in texts)
    seen = len(texts) * min(spec.max_epochs, LIKELY_EPOCHS[spec.loss])
    sentences = min(seen, spec.max_steps * spec.batch_size) if spec.max_steps else seen
    return sentences * characters / len(texts) / CHARACTERS_PER_TOKEN
