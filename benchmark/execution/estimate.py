"""Expected duration of a run: the median of similar finished runs, else a rough cost per step and token."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median
from typing import Any

from benchmark.core.presets import BUNDLED_TEACHER, SEARCH_COST
from benchmark.core.spec import GRID, TEACHER, RunSpec
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.plan import PlannedRun
from benchmark.execution.run_status import RunStatus
from students.registry import BASELINES, STUDENTS
from tracking import Record

Text = str | Sequence[str]
"""A text, or its words."""
Cost = tuple[float, float]
"""Of training: milliseconds per step and microseconds per token."""
ConfigOf = Callable[[str], Mapping[str, Any]]
TEACHERS: Mapping[str, Cost] = {BUNDLED_TEACHER: (29.0, 108.0)}
"""Cost of fine-tuning small encoders: 2 s an epoch of the quickstart's."""
MICROSECONDS_PER_MILLION = 59.0
"""Fine-tuning of other encoders on two cores, per token and million parameters of their layers: an epoch of EmoT takes
multilingual-e5-small, which has 21 million, 3.5 minutes."""
ENCODER_SIZES = (
    (("num_hidden_layers", "n_layers", "n_layer"), 12),
    (("hidden_size", "dim", "d_model", "n_embd"), 768),
    (("intermediate_size", "hidden_dim", "d_ff", "n_inner"), 0),
)
"""Names in config.json of layers, width and inner width, with the values of BERT-base; 0 for four times the width."""
CHARACTERS_PER_TOKEN, SPECIAL_TOKENS = 4, 2
LIKELY_EPOCHS = {"hard": 20, "mse": 40, "kld": 40}
"""Epochs after which early stopping typically ends a training, by loss: on soft targets, students of the
quickstart still improve in their 30th epoch. They spend a budget of steps: its falling rate lets the loss fall on."""
FORWARD_SHARE = 1 / 3
"""Of a training step, that of its forward pass."""
OVERHEAD_SECONDS = 6
"""Loading, export, scoring and logging."""
SESSIONS_SECONDS, MEASURED_RUN_SECONDS = 20, 3.5
"""Measuring by the quick budget: the sessions of a data set, and the files and records of each run. The quickstart's
took 53 s to 2 min 20 s, by machine (docs/lab-log.md)."""


def _unknown(_: str) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Seconds per run at one learning rate, from finished runs."""

    seconds: Mapping[tuple[str, ...], float]
    config_of: ConfigOf = _unknown
    """Content of an encoder's config.json, by the name of a teacher's spec."""

    @classmethod
    def from_records(cls, records: Iterable[Record], config_of: ConfigOf = _unknown) -> "Estimator":
        """Medians over finished runs other than smoke runs, by role, data set, student and setting."""
        seconds: dict[tuple[str, ...], list[float]] = {}
        for record in records:
            if record.status == "finished" and record.tags.get("smoke") == "false" and record.seconds is not None:
                group = tuple(record.tags.get(tag, "") for tag in ("role", "dataset", "student", "setting"))
                seconds.setdefault(group, []).append(record.seconds / _n_trainings(record.params))
        return cls(seconds={group: median(values) for group, values in seconds.items()}, config_of=config_of)

    def __call__(self, spec: RunSpec, texts: Sequence[Text]) -> float:
        role = "teacher" if spec.is_teacher else "train"
        measured = self.seconds.get((role, spec.dataset, spec.student, spec.setting))
        if measured is not None and not spec.smoke:
            return measured * _n_trainings(asdict(spec))
        if spec.is_baseline:
            return OVERHEAD_SECONDS + 1e-3 * BASELINES[spec.student].milliseconds_per_text * len(texts)
        step_seconds = _step_seconds(spec, texts, self.cost(spec))
        return OVERHEAD_SECONDS + _n_trainings(asdict(spec)) * _n_steps(spec, len(texts)) * step_seconds

    def cost(self, spec: RunSpec) -> Cost:
        """Rough cost of training, of a teacher by its size."""
        if not spec.is_teacher:
            student = STUDENTS[spec.student]
            return student.milliseconds_per_step, student.microseconds_per_token
        return TEACHERS.get(spec.teacher) or (0.0, _microseconds_per_token(self.config_of(spec.teacher)))


def _microseconds_per_token(config: Mapping[str, Any]) -> float:
    layers, width, inner = (
        next((value for name in names if isinstance(value := config.get(name), int)), usual)
        for names, usual in ENCODER_SIZES
    )
    return 1e-6 * MICROSECONDS_PER_MILLION * layers * width * (4 * width + 2 * (inner or 4 * width))


def n_epochs(spec: RunSpec, n_texts: int) -> int:
    """The most epochs that the run's budget allows, about: batches are planned by tokens, not by sentences."""
    if not spec.max_steps:
        return spec.max_epochs
    return min(spec.max_epochs, ceil(spec.max_steps / _steps_per_epoch(spec, n_texts)))


def measuring_seconds(specs: Collection[RunSpec]) -> float:
    """Expected seconds until the milliseconds of finished runs are measured."""
    n_datasets = len({spec.dataset for spec in specs})
    return SESSIONS_SECONDS * n_datasets + MEASURED_RUN_SECONDS * len(specs)


def expected_seconds(
    planned: Sequence[PlannedRun],
    pending: Sequence[PlannedRun],
    status: RunStatus,
    suite_data: SuiteData,
    estimate: Estimator,
    jobs: int,
) -> dict[str, float]:
    """Expected seconds of each pending run by its key; of students that train side by side each one's share.

    The first student that reads a teacher's outputs waits for them, unless a finished one has read them.
    """
    teachers = {run.spec.key: run.spec for run in planned if run.spec.is_teacher}
    stored = {part for record in status.finished.values() for part in _read_parts(record.params)}
    seconds = {}
    for spec in (run.spec for run in pending):
        seconds[spec.key] = estimate(spec, suite_data.training_texts(spec)) / (1 if spec.is_teacher else jobs)
        for part in _read_parts(asdict(spec)) - stored:
            texts = suite_data.pool(spec.dataset).texts if part[1] else suite_data.corpus(spec.dataset).texts("train")
            seconds[spec.key] += _outputs_seconds(teachers[part[0]], teachers, texts, estimate)
            stored.add(part)
    return seconds


def _read_parts(params: Mapping[str, object]) -> set[tuple[str, str]]:
    """Teacher and unlabelled pool (empty: the labelled text) of the outputs that a run reads."""
    if params.get("student") == TEACHER or params.get("loss") == "hard":
        return set()
    return {(str(params["teacher_key"]), str(digest)) for digest in ("", params.get("pool_digest", ""))}


def _outputs_seconds(
    teacher: RunSpec, teachers: Mapping[str, RunSpec], texts: Sequence[Text], estimate: Estimator
) -> float:
    """Seconds of a teacher's logits over texts, of all models of an ensemble; those of a file take none."""
    models = [teachers[key] for key in teacher.required_keys] or [teacher]
    costs = [estimate.cost(model) for model in models if model.has_model]
    return sum(FORWARD_SHARE * len(texts) * _token_seconds(texts, cost) for cost in costs)


def _n_trainings(params: Mapping[str, object]) -> float:
    searches = params.get("learning_rate") == GRID and params.get("seed") == params.get("search_seed")
    return SEARCH_COST if searches else 1.0


def _n_steps(spec: RunSpec, n_texts: int) -> float:
    """Steps until early stopping, or until the budget is spent."""
    per_epoch = _steps_per_epoch(spec, n_texts)
    if not spec.max_steps:
        return per_epoch * min(spec.max_epochs, LIKELY_EPOCHS[spec.loss])
    likely = LIKELY_EPOCHS[spec.loss] if spec.loss == "hard" else spec.max_steps
    return min(per_epoch * min(spec.max_epochs, likely), spec.max_steps)


def _steps_per_epoch(spec: RunSpec, n_texts: int) -> int:
    """None for a teacher that is not trained."""
    return max(1, ceil(n_texts / spec.batch_size)) if spec.batch_size else 0


def _step_seconds(spec: RunSpec, texts: Sequence[Text], cost: Cost) -> float:
    """A step on short texts costs little less than one on long ones: much of it does not depend on the tokens."""
    return 1e-3 * cost[0] + min(spec.batch_size, len(texts)) * _token_seconds(texts, cost)


def _token_seconds(texts: Sequence[Text], cost: Cost) -> float:
    """Seconds of training on the tokens of an average text."""
    characters = sum(len(text if isinstance(text, str) else " ".join(text)) for text in texts)
    tokens = characters / max(1, len(texts)) / CHARACTERS_PER_TOKEN + SPECIAL_TOKENS
    return 1e-6 * cost[1] * tokens
