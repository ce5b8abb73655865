"""The learning rates that finished studies found best, by what was taught, as the tracking store has them."""

from collections.abc import Iterable, Mapping

from benchmark.core.spec import RunSpec, digest
from tracking import Record

BEST_RATE = "best_learning_rate"
"""The metric of a study's run."""
LESSON = "lesson"
"""The tag of a study's run that says what its rate is good for."""
NOT_OF_LESSON = frozenset(
    ("suite", "teacher", "seed", "learning_rate", "search_seed", "max_epochs", "max_steps", "patience", "batch_size")
)
"""Names, chance and budget: a rate that was found with other ones serves as well."""


def training_key(spec: RunSpec) -> str:
    """Of what a student is taught: data set, student, setting, teacher and data, whatever the seed and the budget."""
    return digest({name: value for name, value in spec.key_fields().items() if name not in NOT_OF_LESSON})


def studies(records: Iterable[Record]) -> dict[str, Record]:
    """The latest finished study by lesson."""
    found = (record for record in records if _is_finished_study(record))
    return {record.tags.get(LESSON, ""): record for record in sorted(found, key=lambda r: r.end_time or 0)}


def tuned_rates(records: Iterable[Record]) -> dict[str, set[float]]:
    """The best rate of every finished study, by lesson: runs at the rate of an earlier study were tuned too."""
    rates: dict[str, set[float]] = {}
    for record in records:
        if _is_finished_study(record):
            training_run = training_fields(record.params) or record.tags.get(LESSON, "")
            rates.setdefault(training_run, set()).add(record.metrics[BEST_RATE])
    return rates


def training_fields(params: Mapping[str, str]) -> str:
    """The lesson key of a stored run; empty where its params do not tell it whole."""
    return training_key(RunSpec.read(params)) if RunSpec.is_readable(params) else ""


def _is_finished_study(record: Record) -> bool:
    return record.tags.get("role") == "study" and record.status == "finished" and BEST_RATE in record.metrics
