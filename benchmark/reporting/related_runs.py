"""Values of a run that other runs hold: its teacher's name, its trials, its tuning study's learning rate."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from benchmark.core.spec import AND, TEACHER, WITH, RunSpec, digest
from tracking import Record

SHORT = 12
"""Length of a digest's or commit's unique prefix."""
BEST_RATE = "best_learning_rate"
"""Metric of a study's run."""
TRAINING_KEY = "lesson"
"""Tag of a study's run: the training key that its rate is for."""
NOT_IN_KEY = frozenset(
    ("suite", "teacher", "seed", "learning_rate", "search_seed", "max_epochs", "max_steps", "patience", "batch_size")
)
"""Names, seeds and training budget: a rate holds for others, too."""


def teacher_names(records: Sequence[Record]) -> dict[str, str]:
    """Name of each run's teacher by run id; an encoder has one name, the first that was used.

    The name of a folder is its last part if that is unique. Encoders that share a name, as before and after an edit of
    a folder, are told apart by their digest.
    """
    encoders = _encoders(records)
    names: dict[str, str] = {}
    for record in sorted(records, key=lambda record: (record.start_time, record.run_id)):
        names.setdefault(encoders[record.run_id], _teacher(record))
    unique = _unique_names(names)
    return {run_id: unique[encoder] for run_id, encoder in encoders.items()}


def _encoders(records: Sequence[Record]) -> dict[str, str]:
    """Encoder by run: Hub id with commit, or digest of files; the teacher's name if its run is not in the records."""
    teachers = {r.key: r.params.get("teacher_key", "") for r in records if r.tags.get("student") == TEACHER}
    encoders: dict[str, str] = {}
    by_name: dict[str, set[str]] = defaultdict(set)
    for record in records:
        key = record.params.get("teacher_key", "")
        encoders[record.run_id] = key if record.tags.get("student") == TEACHER else teachers.get(key, "")
        by_name[_teacher(record)].add(encoders[record.run_id])
    return {record.run_id: encoders[record.run_id] or _only_encoder(_teacher(record), by_name) for record in records}


def _only_encoder(name: str, by_name: Mapping[str, set[str]]) -> str:
    """The encoder of that name; the name itself if there are several or none."""
    encoders = by_name[name] - {""}
    return next(iter(encoders)) if len(encoders) == 1 else name


def _teacher(record: Record) -> str:
    return record.tags.get("teacher", "")


def _unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Names by encoder: the last part of a path, the whole path, or the name with the encoder's digest."""
    n_encoders, n_names = Counter(names.values()), Counter(map(_last_part, names.values()))

    def unique(encoder: str, name: str) -> str:
        if n_encoders[name] > 1:
            return f"{name}@{encoder.rpartition('@')[2][:SHORT]}"
        return _last_part(name) if n_names[_last_part(name)] == 1 else name

    return {encoder: unique(encoder, name) for encoder, name in names.items()}


def _last_part(teacher: str) -> str:
    """The name with the last part of each folder in it."""
    file, joint, names = teacher.rpartition(WITH)
    return file + joint + AND.join(map(_folder_name, names.split(AND)))


def _folder_name(name: str) -> str:
    path = PurePath(name)
    return path.name if path.is_absolute() or name.startswith(".") else name


def grid_trials(records: Iterable[Record]) -> dict[tuple[str | None, float | None], str]:
    """Run id of each trial of a grid search by its parent's id and its learning rate."""
    trials = (record for record in records if record.tags.get("role") == "trial")
    return {(trial.parent, trial.metrics.get("learning_rate")): trial.run_id for trial in trials}


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
