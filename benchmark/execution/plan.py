"""From what was asked to the list of runs: which, in which order, and what identifies each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import ceil
from typing import Literal

from benchmark.core.presets import FINE_TUNINGS, MAX_LENGTH, STUDENT_RATES, USUAL_FINE_TUNING, Preset
from benchmark.core.settings import SETTINGS, Setting
from benchmark.core.spec import FINE_TUNED, TEACHER, RunSpec
from benchmark.data.augmentation.config import METHODS, AugmentationConfig
from benchmark.data.suites import Suite
from benchmark.distillation.suite_data import SuiteData

TEACHER_SEED = 0


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig:
    """What the command line, the suite's file and the preset came to."""

    suite: Suite
    preset_name: str
    preset: Preset
    datasets: tuple[str, ...]
    students: tuple[str, ...]
    settings: tuple[str, ...]
    seeds: tuple[int, ...]
    learning_rate: float | Literal["grid"] | None
    """None takes each student's own rate."""
    teacher: str
    teacher_epochs: int = 0
    """At most; 0 takes what suits the teacher and the data."""
    teacher_rate: float = 0.0
    """Learning rate of its fine-tuning; 0 takes what suits the teacher."""
    vectors: str = ""
    """A fastText .bin or .vec file; empty trains vectors on the pool."""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    """Of the settings that make text or read a file of it."""
    agreed: bool = False
    limit: int = 0
    device: str = "cpu"
    jobs: int = 1
    """Runs of students side by side."""

    def suite_data(self) -> SuiteData:
        """Where what is asked for is loaded."""
        return SuiteData(
            suite=self.suite,
            teacher=self.teacher,
            vectors=self.vectors,
            limit=self.limit,
            augmentation=self.augmentation,
        )


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run of the plan; `skip_reason` says why it cannot be done here."""

    spec: RunSpec
    skip_reason: str = ""


def plan_runs(request: BenchmarkConfig, suite_data: SuiteData) -> list[PlannedRun]:
    """All runs in the order they are done: each data set's teacher, then its students."""
    return [item for dataset in request.datasets for item in _of_dataset(request, suite_data, dataset)]


def _of_dataset(request: BenchmarkConfig, suite_data: SuiteData, dataset: str) -> Iterator[PlannedRun]:
    reason = suite_data.why_unavailable(dataset)
    data_digest = "" if reason else suite_data.corpus(dataset).digest
    n_texts = 0 if reason else len(suite_data.corpus(dataset).texts("train"))
    teacher = _teacher_spec(request, dataset, n_texts, data_digest, suite_data.teacher_identity)
    yield PlannedRun(spec=teacher, skip_reason=reason)
    for student, setting, seed in product(request.students, request.settings, request.seeds):
        if setting in request.preset.left_out.get(student, ()):
            continue
        trained = SETTINGS[setting]
        pool = "" if reason or not trained.unlabeled else suite_data.pool_digest(dataset, trained.text_source)
        yield PlannedRun(
            spec=_student_spec(request, teacher, student, setting, seed, pool, suite_data), skip_reason=reason
        )


def _teacher_spec(request: BenchmarkConfig, dataset: str, n_texts: int, data_digest: str, identity: str) -> RunSpec:
    tuning, task = FINE_TUNINGS.get(request.teacher, USUAL_FINE_TUNING), request.suite.task
    n_batches = ceil(n_texts / request.preset.batch_size)
    return RunSpec(
        suite=request.suite.name,
        dataset=dataset,
        task=task,
        student=TEACHER,
        setting=FINE_TUNED,
        seed=TEACHER_SEED,
        learning_rate=request.teacher_rate or tuning.learning_rate,
        teacher=request.teacher,
        teacher_key=identity,
        data_digest=data_digest,
        loss="hard",
        max_epochs=request.teacher_epochs or tuning.epochs_for(n_batches),
        patience=tuning.patience,
        batch_size=request.preset.batch_size,
        max_length=MAX_LENGTH[task],
        weight_decay=tuning.weight_decay,
        decay=True,
        limit=request.limit,
    )


def _student_spec(
    request: BenchmarkConfig,
    teacher: RunSpec,
    student: str,
    setting_name: str,
    seed: int,
    pool_digest: str,
    suite_data: SuiteData,
) -> RunSpec:
    setting: Setting = SETTINGS[setting_name]
    return RunSpec(
        suite=teacher.suite,
        dataset=teacher.dataset,
        task=teacher.task,
        student=student,
        setting=setting_name,
        seed=seed,
        learning_rate=_rate(request, student),
        search_seed=request.seeds[0],
        teacher=teacher.teacher,
        teacher_key=teacher.key,
        data_digest=teacher.data_digest,
        pool_digest=pool_digest,
        loss=setting.loss,
        temperature=setting.temperature,
        unlabeled=setting.unlabeled,
        text_source=setting.text_source,
        agreed=request.agreed and setting.text_source in METHODS,
        balance=setting.balance,
        length_filter=setting.length_filter,
        embeddings=setting.embeddings,
        embedding_source=suite_data.vectors_digest if setting.embeddings == "fasttext" else "",
        max_epochs=request.preset.max_epochs,
        max_steps=request.preset.max_steps,
        patience=request.preset.patience,
        batch_size=request.preset.batch_size,
        max_length=teacher.max_length,
        decay=request.preset.max_steps > 0,
        limit=request.limit,
    )


def _rate(request: BenchmarkConfig, student: str) -> float | Literal["grid"]:
    if request.learning_rate is not None:
        return request.learning_rate
    return "grid" if request.preset.grid else STUDENT_RATES[student]
