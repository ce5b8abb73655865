"""Values of a run that other runs hold: the name of its teacher, and the learning rate of its tuning study."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from benchmark.core.spec import TEACHER, RunSpec, digest
from tracking import Record

SHORT = 12
"""Characters of a digest or commit that tell two apart."""


def teacher_names(records: Sequence[Record]) -> dict[str, str]:
    """What the teacher of each run is called, by the run's id: one encoder has one name, the first that was used.

    A folder goes by its last part, unless another teacher would be called the same. Where two encoders were used under
    one name, as before and after a folder was edited, the name tells which.
    """
    encoders = _encoders(records)
    names: dict[str, str] = {}
    for record in sorted(records, key=lambda record: (record.start_time, record.run_id)):
        names.setdefault(encoders[record.run_id], record.tags.get("teacher", ""))
    called = _called(names)
    return {run_id: called[encoder] for run_id, encoder in encoders.items()}


def _encoders(records: Iterable[Record]) -> dict[str, str]:
    """Hub id with commit, or digest of the files, by run; where the teacher's run is not here, its name."""
    fine_tuned = {record.key: _told(record) for record in records if _is_teacher(record)}
    known = {
        record.run_id: _told(record) if _is_teacher(record) else fine_tuned.get(_told(record), "") for record in records
    }
    named: dict[str, set[str]] = defaultdict(set)
    for record in records:
        named[record.tags.get("teacher", "")].add(known[record.run_id])
    return {record.run_id: known[record.run_id] or _by_name(record, named) for record in records}


def _told(record: Record) -> str:
    return record.params.get("teacher_key", "")


def _is_teacher(record: Record) -> bool:
    return record.tags.get("student") == TEACHER


def _by_name(record: Record, named: Mapping[str, set[str]]) -> str:
    name = record.tags.get("teacher", "")
    encoders = named[name] - {""}
    return next(iter(encoders)) if len(encoders) == 1 else name


def _called(names: Mapping[str, str]) -> dict[str, str]:
    """By encoder."""
    given, short = Counter(names.values()), Counter(map(_last_part, names.values()))

    def called(encoder: str, name: str) -> str:
        if given[name] > 1:
            return f"{name}@{encoder.rpartition('@')[2][:SHORT]}"
        return _last_part(name) if short[_last_part(name)] == 1 else name

    return {encoder: called(encoder, name) for encoder, name in names.items()}


def _last_part(teacher: str) -> str:
    path = PurePath(teacher)
    return path.name if path.is_absolute() or teacher.startswith(".") else teacher


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
