"""From the store's records to the results table: one row per run, and nothing computed anew."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType
from typing import get_args, get_type_hints

from benchmark.core.spec import GRID, POLICY, TEACHER, TUNED, RunSpec, digest
from benchmark.reporting.teachers import SHORT, teacher_names
from benchmark.reporting.tuned_rates import stored_training_key, tuned_rates
from tracking import Record

ROLES = ("teacher", "train")
STATUSES = ("skipped", "failed", "finished")
"""From the least to the most that a row can say of a run."""
LATENCY = "latency_"
PLAIN = {field.name: str(field.default) for field in fields(RunSpec) if field.name in POLICY}
"""Params of a run without a policy for unlabelled text, as a store keeps them; runs of older versions lack them."""
INVALID = "invalid"
"""Tag of an inference run whose milliseconds are not to be trusted: the reason."""
GIVEN = "given"
NAMES = ("seed", "search_seed", "teacher")
"""Params in which repetitions of a run may differ: the teacher's name says where it lay."""
BUDGET = ("max_epochs", "max_steps", "patience", "batch_size", "max_length", "weight_decay", "decay")
"""What bounds a run's training whatever its setting is."""
DEFAULTS = {field.name: str(field.default) for field in fields(RunSpec) if field.default is not MISSING}
"""What a run of an older version was asked, where it does not say."""
Rates = Mapping[str, set[float]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run. None: not measured. F1 in 0..1, sizes in MiB, latencies in ms; the fields are the table's columns."""

    suite: str
    dataset: str
    task: str
    student: str
    setting: str
    seed: int | None
    status: str
    reason: str
    learning_rate: float | None
    valid_f1: float | None
    test_f1: float | None
    teacher_test_f1: float | None
    f1_kept: float | None
    n_parameters: int | None
    n_parameters_non_embedding: int | None
    size_checkpoint_mib: float | None
    size_weights_mib: float | None
    size_onnx_mib: float | None
    size_onnx_int8_mib: float | None
    latency_torch_ms: float | None
    latency_onnx_ms: float | None
    latency_onnx_int8_ms: float | None
    latency_text_ms: float | None
    train_seconds: float | None
    steps_to_best: int | None
    smoke: bool
    run_id: str
    preset: str
    teacher: str
    key: str
    protocol: str
    configuration: str
    """Digest of everything that was asked but the seed and the name of the teacher, whose key is in it: rows that share
    it are repetitions of each other."""
    data: str
    """Start of the data's digest."""
    machine: str
    """Where the latencies were measured, else where the run was done."""
    git_commit: str
    invalid: str
    """Why the latencies were left out, where the session that measured them failed its own control."""
    n_texts: int | None
    """That the student was taught with, repetitions counted."""
    label_count_std: float | None
    """Of the unlabelled texts that the teacher gives each label."""
    teacher_key: str
    """Start of the key of the teacher's run: one encoder may be fine-tuned in several ways. In a teacher's own row, of
    the name or digest of its encoder."""
    pool: str
    """Start of the digest of the unlabelled texts; empty where the setting reads none."""
    budget: str
    """Digest of what bounds training, whatever the setting: steps, epochs, batch, length."""
    rate_from: str
    """`grid` where the learning rate was searched, `tuned` where it is a finished study's best, else `given`."""
    latency_torch_cuda_ms: float | None
    """In PyTorch on a GPU, where the machine that measured had one."""
    converged: bool
    """Whether training ended of itself, its patience spent; else its bound of epochs or steps cut it short."""

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def fine_tuning(self) -> str:
        """Start of the key of the teacher's run that taught this one; a teacher's own."""
        return self.key[:SHORT] if self.is_teacher else self.teacher_key

    @property
    def is_timed(self) -> bool:
        return any(getattr(self, name) is not None for name in MILLISECONDS)

    @property
    def counts(self) -> bool:
        """Whether the row may be ranked: finished, scored, and no smoke run."""
        return self.status == "finished" and not self.smoke and self.test_f1 is not None


KINDS: dict[str, type] = {
    name: next(kind for kind in get_args(hint) or (hint,) if kind is not NoneType)
    for name, hint in get_type_hints(Row).items()
}
"""Type of each column, None aside."""
COLUMNS = tuple(field.name for field in fields(Row))
MILLISECONDS = tuple(name for name in COLUMNS if name.startswith(LATENCY))


def results(records: Iterable[Record]) -> list[Row]:
    """One row per key, oldest first: a finished run beats a failed one beats a skipped one, then the latest wins.

    Runs that go on or were killed are no rows yet. Latencies measured later, by an inference run, stand on the row
    of the run that they belong to.
    """
    known = list(records)
    chosen: dict[str, Record] = {}
    for record in known:
        if record.tags.get("role") in ROLES and record.status in STATUSES:
            key = record.key or record.run_id
            if key not in chosen or STATUSES.index(record.status) >= STATUSES.index(chosen[key].status):
                chosen[key] = record
    measured = {r.parent: r for r in known if r.tags.get("role") == "inference" and r.status == "finished"}
    ordered = sorted(chosen.values(), key=lambda record: (record.start_time, record.run_id))
    teachers = teacher_names(known)
    rates = tuned_rates(known)
    return [_row(record, measured.get(record.run_id), teachers, rates) for record in ordered]


def _row(record: Record, inference: Record | None, teachers: Mapping[str, str], rates: Rates) -> Row:
    values: dict[str, object] = {**record.params, **record.tags, **record.metrics}
    values |= {
        "suite": record.suite,
        "status": record.status,
        "run_id": record.run_id,
        "teacher": teachers[record.run_id],
        "configuration": digest(_asked(record.params))[:SHORT],
        "data": record.params.get("data_digest", "")[:SHORT],
        "teacher_key": record.params.get("teacher_key", "")[:SHORT],
        "pool": record.params.get("pool_digest", "")[:SHORT],
        "budget": digest([record.params.get(name, DEFAULTS.get(name)) for name in BUDGET])[:SHORT],
        "rate_from": _rate_from(record, rates),
        "converged": _converged(record),
    }
    if inference is not None:
        values |= {name: value for name, value in inference.metrics.items() if name.startswith(LATENCY)}
        values["machine"] = inference.tags.get("machine", "")
        values["invalid"] = inference.tags.get(INVALID, "")
    if values.get(INVALID):
        values |= {name: None for name in values if name.startswith(LATENCY)}
    return Row(**{column: _typed(kind, values.get(column)) for column, kind in KINDS.items()})  # type: ignore[arg-type]


def _asked(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if name not in NAMES and PLAIN.get(name) != value}


def _rate_from(record: Record, rates: Rates) -> str:
    if record.params.get("learning_rate") == GRID:
        return GRID
    best = rates.get(stored_training_key(record.params), set()) if rates else set()
    return TUNED if record.metrics.get("learning_rate") in best else GIVEN


def _converged(record: Record) -> bool:
    """Whether the best came `patience` epochs before the end: then the last of them began before the bound of steps.

    Only the steps up to the best are kept, and those of an epoch follow from them: were the best any later, the steps
    before the last epoch would come to more than the bound.
    """
    known: dict[str, object] = {"max_steps": DEFAULTS["max_steps"], **record.params, **record.metrics}
    epochs, patience, max_epochs = (_number(known.get(name)) for name in ("epochs", "patience", "max_epochs"))
    steps, max_steps = _number(known.get("steps_to_best")), _number(known["max_steps"]) or math.inf
    return patience < epochs < max_epochs and steps * (epochs - 1) / (epochs - patience) < max_steps


def _typed(kind: type, value: object) -> str | int | float | bool | None:
    if kind is str:
        return "" if value is None else str(value)
    if kind is bool:
        return str(value).lower() == "true"
    if value is None:
        return None
    number = _number(value)
    if not math.isfinite(number):
        return None
    return int(number) if kind is int else number


def _number(value: object) -> float:
    """NaN where nothing was measured, or where it is a word such as `grid`."""
    try:
        return float(str(value))
    except ValueError:
        return math.nan
