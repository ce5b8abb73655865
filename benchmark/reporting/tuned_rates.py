"""Best learning rates of finished tuning studies, as the run store has them."""

from collections.abc import Iterable, Mapping

from benchmark.core.spec import RunSpec, digest
from tracking import Record

BEST_RATE = "best_learning_rate"
"""Metric of a study's run."""
TRAINING_KEY = "lesson"
"""Tag of a study's run: the training key that its rate is for."""
NOT_IN_KEY = frozenset(
    ("suite", "teacher", "seed", "learning_rate", "search_seed", "max_epochs", "max_steps", "patience", "batch_size")
)
"""Names, seeds and training budget: a rate holds for others, too."""


def training_key(spec: RunSpec) -> str:
    """Digest of data set, student, setting, teacher and data: of all but names, seeds and training budget."""
    return digest({name: value for name, value in spec.key_fields().items() if name not in NOT_IN_KEY})


def stored_training_key(params: Mapping[str, str]) -> str:
    """The training key of a stored run; empty if its params are incomplete."""
    return training_key(RunSpec.read(params)) if RunSpec.is_readable(params) else ""


def latest_studies(records: Iterable[Record]) -> dict[str, Record]:
    """The latest finished study by training key."""
    finished = sorted(filter(_is_finished_study, records), key=lambda record: record.end_time or 0)
    return {record.tags.get(TRAINING_KEY, ""): record for record in finished}


def tuned_rates(records: Iterable[Record]) -> dict[str, set[float]]:
    """Best rates of all finished studies by training key: runs at the rate of an earlier study are tuned, too."""
    rates: dict[str, set[float]] = {}
    for record in filter(_is_finished_study, records):
        key = stored_training_key(record.params) or record.tags.get(TRAINING_KEY, "")
        rates.setdefault(key, set()).add(record.metrics[BEST_RATE])
    return rates


def _is_finished_study(record: Record) -> bool:
    return record.tags.get("role") == "study" and record.status == "finished" and BEST_RATE in record.metrics
