"""The results table: one row per run, from the store's records."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from typing import Any

from benchmark.core.metrics import INT8_SERVES, METRICS, OF_INT8
from benchmark.core.spec import GRID, LATER, TEACHER, TUNED, RunSpec, digest
from benchmark.reporting.related_runs import SHORT, stored_training_key, teacher_names, tuned_rates
from benchmark.reporting.table import Column, Table, Value, field_columns
from tracking import Record

ROLES = ("teacher", "train")
STATUSES = ("skipped", "failed", "finished")
"""Statuses from the least to the most conclusive."""
LATENCY = "latency_"
PLAIN = {f.name: str(f.default) for f in fields(RunSpec) if f.name in LATER}
"""Default values of params that runs of older versions lack."""
INVALID = "invalid"
"""Tag of an inference run whose control failed: the reason."""
GIVEN = "given"
UNTRAINED = "0.0"
"""Learning rate of teachers that are not trained here."""
NAMES = ("seed", "search_seed", "teacher")
"""Params in which repetitions of a run may differ: the teacher's name may be a path."""
BUDGET = ("max_epochs", "max_steps", "patience", "batch_size", "max_length", "weight_decay", "decay")
"""Params that bound a run's training in every setting."""
DEFAULTS = {f.name: str(f.default) for f in fields(RunSpec) if f.default is not MISSING}
"""Params of runs of older versions, which lack them."""
Rates = Mapping[str, set[float]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run; the fields are columns of results.csv. None: not measured. F1 in 0..1, sizes in MiB, latencies in ms."""

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
    """Digest of all params but the seed and the teacher's name: rows that share it are repetitions of each other."""
    data: str
    """Start of the data's digest."""
    machine: str
    """Machine of the latencies; of the training if none were measured."""
    git_commit: str
    invalid: str
    """Reason why latencies are left out: the control of their session failed, or another machine measured them."""
    n_texts: int | None
    label_count_std: float | None
    teacher_key: str
    """Start of the key of the teacher's run: one encoder may be fine-tuned in several ways. In a teacher's own row, of
    the name or digest of its encoder."""
    pool: str
    """Start of the digest of the unlabelled texts; empty for settings without them."""
    budget: str
    """Digest of the params that bound training: steps, epochs, batch, length."""
    rate_from: str
    """`grid` if the learning rate was searched, `tuned` if it is the best of a finished study, else `given`."""
    latency_torch_cuda_ms: float | None
    converged: bool
    """Whether training ended because its patience was spent, not its bound of epochs or steps."""
    test_ece: float | None = None
    test_ece_uncalibrated: float | None = None
    test_f1_low: float | None = None
    """Bounds of the 95 % interval of `test_f1` over test items; None without readable predictions."""
    test_f1_high: float | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    """Metrics without a field, by name: those with a column of their own, and those of the served form."""
    resamples: Any = field(default=None, compare=False, repr=False)
    """Test F1 of each bootstrap resample (`bootstrap.Draws`); None without readable predictions."""

    @property
    def is_teacher(self) -> bool:
        return self.student == TEACHER

    @property
    def fine_tuning(self) -> str:
        """Start of the key of the teacher's run: of a student's teacher, or a teacher's own."""
        return self.key[:SHORT] if self.is_teacher else self.teacher_key

    @property
    def points(self) -> float | None:
        """Test F1 x100."""
        return None if self.test_f1 is None else 100 * self.test_f1

    @property
    def is_timed(self) -> bool:
        return any(self.metric(name) is not None for name in MILLISECONDS)

    @property
    def counts(self) -> bool:
        """Whether the row may be ranked: finished, scored, and no smoke run."""
        return self.status == "finished" and not self.smoke and self.test_f1 is not None

    def metric(self, name: str) -> float | None:
        """Value of a metric by its name in METRICS; None if it was not measured."""
        value: float | None = getattr(self, name, self.more.get(name))
        return value

    @property
    def serves_int8(self) -> bool:
        """Whether the run's bundle answers in INT8."""
        return bool(self.metric(INT8_SERVES))

    def served(self, name: str) -> float | None:
        """Value of a metric of OF_INT8 of the form that serves; None if it was not measured."""
        return self.metric(OF_INT8[name] if self.serves_int8 else name)


NO_COLUMNS = ("more", "resamples")
FIELDS: tuple[Column[Row], ...] = tuple(column for column in field_columns(Row) if column.name not in NO_COLUMNS)
MORE = tuple(m for m in METRICS if m.title and m.name not in {column.name for column in FIELDS})
COLUMNS: tuple[Column[Row], ...] = (
    *FIELDS,
    *(Column(name=m.name, value=partial(Row.metric, name=m.name), kind=m.kind) for m in MORE),
)
WITHOUT_COLUMN = (INT8_SERVES, OF_INT8["test_f1"], OF_INT8["test_ece"])
MILLISECONDS = tuple(column.name for column in COLUMNS if column.name.startswith(LATENCY))


def results_table(rows: Sequence[Row]) -> Table[Row]:
    """All columns, for results.csv and the page's list of runs."""
    return Table(columns=COLUMNS, rows=rows)


def results(records: Iterable[Record]) -> list[Row]:
    """One row per key, oldest first: finished runs before failed ones before skipped ones, then the latest.

    Running and killed runs have no row. Latencies of a later inference run replace those of its parent.
    """
    records = list(records)
    measured = {r.parent: r for r in records if r.tags.get("role") == "inference" and r.status == "finished"}
    teachers, rates = teacher_names(records), tuned_rates(records)
    ended = [record for record in records if record.tags.get("role") in ROLES and record.status in STATUSES]
    latest = {r.key or r.run_id: r for r in sorted(ended, key=lambda record: STATUSES.index(record.status))}
    ordered = sorted(latest.values(), key=lambda record: (record.start_time, record.run_id))
    return [_row(record, measured.get(record.run_id), teachers[record.run_id], rates) for record in ordered]


def _row(record: Record, inference: Record | None, teacher: str, rates: Rates) -> Row:
    values: dict[str, object] = {**record.params, **record.tags, **record.metrics}
    values |= {
        "suite": record.suite,
        "status": record.status,
        "run_id": record.run_id,
        "teacher": teacher,
        "configuration": digest(_repeated(record.params))[:SHORT],
        "data": record.params.get("data_digest", "")[:SHORT],
        "teacher_key": record.params.get("teacher_key", "")[:SHORT],
        "pool": record.params.get("pool_digest", "")[:SHORT],
        "budget": digest([record.params.get(name, DEFAULTS.get(name)) for name in BUDGET])[:SHORT],
        "rate_from": _rate_from(record, rates),
        "converged": _converged(record),
    }
    if record.params.get("learning_rate") == UNTRAINED:
        values["learning_rate"] = None
    if inference is not None:
        values |= {name: value for name, value in inference.metrics.items() if name.startswith(LATENCY)}
        values["machine"] = inference.tags.get("machine", "")
        values["invalid"] = inference.tags.get(INVALID, "")
    if values.get(INVALID):
        values |= {name: None for name in values if name.startswith(LATENCY)}
    return Row(**row_values(values))


def row_values(values: Mapping[str, object]) -> dict[str, Any]:
    """The fields of a Row from stored values or texts; those that are missing are empty or None."""
    cells = {column.name: _cell(column.kind, values.get(column.name)) for column in FIELDS}
    kinds: dict[str, type] = {m.name: m.kind for m in MORE} | dict.fromkeys(WITHOUT_COLUMN, float)
    more = {name: _cell(kind, values.get(name)) for name, kind in kinds.items()}
    return cells | {"more": {name: value for name, value in more.items() if value is not None}}


def _repeated(params: Mapping[str, str]) -> dict[str, str]:
    """Params that repetitions of a run share."""
    return {name: value for name, value in params.items() if name not in NAMES and PLAIN.get(name) != value}


def _rate_from(record: Record, rates: Rates) -> str:
    if record.params.get("learning_rate") == GRID:
        return GRID
    best = rates.get(stored_training_key(record.params), set()) if rates else set()
    return TUNED if record.metrics.get("learning_rate") in best else GIVEN


def _converged(record: Record) -> bool:
    """Whether the best epoch came `patience` epochs before the end, and the last epoch began before the step bound.

    Only the steps up to the best epoch are stored, and those of an epoch follow from them: were the best epoch any
    later, the steps before the last epoch would exceed the bound.
    """
    values: dict[str, object] = {"max_steps": DEFAULTS["max_steps"], **record.params, **record.metrics}
    epochs, patience, max_epochs = (_number(values.get(name)) for name in ("epochs", "patience", "max_epochs"))
    steps, max_steps = _number(values.get("steps_to_best")), _number(values["max_steps"]) or math.inf
    return patience < epochs < max_epochs and steps * (epochs - 1) / (epochs - patience) < max_steps


def _cell(kind: type, value: object) -> Value:
    if kind is str:
        return "" if value is None else str(value)
    if kind is bool:
        return str(value).lower() == "true"
    number = _number(value)
    if not math.isfinite(number):
        return None
    return int(number) if kind is int else number


def _number(value: object) -> float:
    """NaN for None and for words such as `grid`."""
    try:
        return float(str(value))
    except ValueError:
        return math.nan
