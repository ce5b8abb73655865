"""The runs of a benchmark's configuration, in order, with the specs that identify them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import ceil
from pathlib import Path
from typing import Literal

from benchmark.core.errors import InputError
from benchmark.core.presets import EMBEDDING_SCALES, FINE_TUNINGS, MAX_LENGTH, STUDENT_RATES, USUAL_FINE_TUNING, Preset
from benchmark.core.settings import SETTINGS, TEACHERS
from benchmark.core.spec import AND, AS_IS, ENSEMBLE, FINE_TUNED, FROM_FILE, TEACHER, WITH, RunSpec
from benchmark.data.augmentation.config import METHODS, AugmentationConfig
from benchmark.data.entry import Suite, TeacherEntry
from benchmark.distillation.suite_data import SuiteData
from benchmark.execution.limits import NO_LIMITS, Limits
from benchmark.execution.requirements import why_not_of_baseline, why_not_without_labels
from benchmark.execution.teacher_use import teacher_use

TEACHER_SEED = 0


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig:
    """Command line, suite file and preset in one: the whole configuration of a benchmark."""

    suite: Suite
    preset_name: str
    preset: Preset
    datasets: tuple[str, ...]
    students: tuple[str, ...]
    settings: tuple[str, ...]
    seeds: tuple[int, ...]
    learning_rate: float | Literal["grid"] | None
    """None takes each student's own rate."""
    teacher: TeacherEntry
    """The teacher, or the first of several, which gives the students their tokenizer."""
    others: tuple[TeacherEntry, ...] = ()
    """Further teachers of an ensemble."""
    teacher_epochs: int = 0
    """At most; 0 takes what suits the teacher and the data."""
    teacher_rate: float = 0.0
    """Learning rate of its fine-tuning; 0 takes what suits the teacher."""
    vectors: str = ""
    """A fastText .bin or .vec file; empty trains vectors on the pool."""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    """Of the settings that make text or read a file of it."""
    agreed: bool = False
    vocabulary: str = TEACHERS
    """Of all students: the teacher's, or one of VOCABULARIES."""
    limit: int = 0
    device: str = "cpu"
    jobs: int = 1
    """Student runs side by side."""
    suite_argument: str = ""
    """The suite as the user named it: a name or a file."""
    named_datasets: tuple[str, ...] = ()
    """Data sets that the user named, which therefore have to be available."""
    tuned: bool = False
    """Whether students take the learning rates of finished studies."""
    tracking_uri: str | None = None
    out: Path = Path()
    force: bool = False
    retry_failed: bool = False
    dry_run: bool = False
    measure: bool = True
    executor: Literal["local", "ray"] = "local"
    ray_address: str | None = None
    max_tasks: int | None = None
    """Tasks at once on a Ray cluster; None fills it."""
    limits: Limits = NO_LIMITS

    def suite_data(self) -> SuiteData:
        """The data of the suite, read at first use."""
        return SuiteData(
            suite=self.suite,
            teacher=self.teacher.name,
            others=tuple(entry.name for entry in self.others),
            vectors=self.vectors,
            limit=self.limit,
            augmentation=self.augmentation,
        )


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run of the plan; `skip_reason` says why it cannot be done here."""

    spec: RunSpec
    skip_reason: str = ""
    note: str = ""
    """Of a teacher: whether it is used as it is or fine-tuned here, and why."""


def plan_runs(config: BenchmarkConfig, suite_data: SuiteData) -> list[PlannedRun]:
    """All runs in the order they are done: each data set's teacher, then its students."""
    return [item for dataset in config.datasets for item in _of_dataset(config, suite_data, dataset)]


def _of_dataset(config: BenchmarkConfig, suite_data: SuiteData, dataset: str) -> Iterator[PlannedRun]:
    teachers = _teachers(config, suite_data, dataset)
    teacher, reason = teachers[-1].spec, teachers[-1].skip_reason
    yield from teachers
    for student, setting, seed in product(config.students, config.settings, config.seeds):
        if setting in config.preset.left_out.get(student, ()) or why_not_of_baseline(student, setting):
            continue
        trained = SETTINGS[setting]
        skipped = reason or _why_without_labels(suite_data, dataset, setting)
        pool = "" if skipped or not trained.unlabeled else suite_data.pool_digest(dataset, trained.text_source)
        spec = _student_spec(config, teacher, student, setting, seed, pool, suite_data)
        if config.vocabulary != TEACHERS and not spec.is_baseline:
            text = "" if skipped else suite_data.vocabulary_digest(dataset)
            spec = replace(spec, vocabulary=config.vocabulary, vocabulary_text=text)
        yield PlannedRun(spec=spec, skip_reason=skipped)


def _why_without_labels(suite_data: SuiteData, dataset: str, setting: str) -> str:
    if suite_data.corpus(dataset).is_labelled or not (why := why_not_without_labels(setting)):
        return ""
    return f"{why}, and {dataset} has no labelled training text"


def _teachers(config: BenchmarkConfig, suite_data: SuiteData, dataset: str) -> list[PlannedRun]:
    """The teachers of a data set, each alone; last that of its students, which is their mean if there are several."""
    alone = [_teacher(config, entry, suite_data, dataset) for entry in (config.teacher, *config.others)]
    _check_different([run.spec for run in alone])
    return [*alone, _ensemble(alone)] if config.others else alone


def _check_different(teachers: Sequence[RunSpec]) -> None:
    """Raises InputError for one model under two names, such as a relative and an absolute path."""
    names: dict[str, str] = {}
    for spec in teachers:
        if names.setdefault(spec.key, spec.teacher) != spec.teacher:
            raise InputError(f"Teachers {names[spec.key]!r} and {spec.teacher!r} are one model. Leave out one of them.")


def _teacher(config: BenchmarkConfig, entry: TeacherEntry, suite_data: SuiteData, dataset: str) -> PlannedRun:
    identity = suite_data.identity(dataset, entry.name)
    if reason := suite_data.why_unavailable(dataset):
        return PlannedRun(spec=_fine_tuning(config, entry.name, dataset, 0, "", identity), skip_reason=reason)
    corpus = suite_data.corpus(dataset)
    spec = _fine_tuning(config, entry.name, dataset, len(corpus.texts("train")), corpus.digest, identity)
    if file := config.suite.entries[dataset].outputs:
        return PlannedRun(spec=_untrained(spec, FROM_FILE, f"{Path(file.path).name}{WITH}{entry.name}"))
    use = teacher_use(entry, suite_data.encoder_of(entry.name).config, corpus)
    if not use.as_is and not corpus.is_labelled:
        raise InputError(
            f"{dataset!r} has no labelled text to fine-tune {entry.name!r} on, and it cannot be used as it is, since "
            f"{use.reason}. Give a checkpoint with the data's labels, or teacher_outputs; name labels that test lacks "
            "in the data set's `labels: [...]`."
        )
    spec = _untrained(spec, AS_IS, entry.name) if use.as_is else spec
    return PlannedRun(spec=replace(spec, head=use.head), note=str(use))


def _ensemble(members: Sequence[PlannedRun]) -> PlannedRun:
    first, name = members[0], AND.join(member.spec.teacher for member in members)
    keys = " ".join(member.spec.key for member in members)
    spec = replace(_untrained(first.spec, ENSEMBLE, name), teacher_key=keys, head="")
    return PlannedRun(spec=spec, skip_reason=first.skip_reason, note="the mean of their probabilities")


def _untrained(spec: RunSpec, setting: str, name: str) -> RunSpec:
    """A model that is not trained in steps: a teacher that is used as it is, or a baseline."""
    return replace(
        spec,
        setting=setting,
        teacher=name,
        learning_rate=0.0,
        max_epochs=0,
        max_steps=0,
        patience=0,
        batch_size=0,
        weight_decay=0.0,
        decay=False,
    )


def _fine_tuning(
    config: BenchmarkConfig, teacher: str, dataset: str, n_texts: int, data_digest: str, identity: str
) -> RunSpec:
    tuning, task = FINE_TUNINGS.get(teacher, USUAL_FINE_TUNING), config.suite.task
    n_batches = ceil(n_texts / config.preset.batch_size)
    return RunSpec(
        suite=config.suite.name,
        dataset=dataset,
        task=task,
        student=TEACHER,
        setting=FINE_TUNED,
        seed=TEACHER_SEED,
        learning_rate=config.teacher_rate or tuning.learning_rate,
        teacher=teacher,
        teacher_key=identity,
        data_digest=data_digest,
        loss="hard",
        max_epochs=config.teacher_epochs or tuning.epochs_for(n_batches),
        patience=tuning.patience,
        batch_size=config.preset.batch_size,
        max_length=MAX_LENGTH[task],
        weight_decay=tuning.weight_decay,
        decay=True,
        limit=config.limit,
    )


def _student_spec(
    config: BenchmarkConfig,
    teacher: RunSpec,
    student: str,
    setting_name: str,
    seed: int,
    pool_digest: str,
    suite_data: SuiteData,
) -> RunSpec:
    setting = SETTINGS[setting_name]
    spec = RunSpec(
        suite=teacher.suite,
        dataset=teacher.dataset,
        task=teacher.task,
        student=student,
        setting=setting_name,
        seed=seed,
        learning_rate=_rate(config, student),
        search_seed=config.seeds[0],
        teacher=teacher.teacher,
        teacher_key=teacher.key,
        data_digest=teacher.data_digest,
        pool_digest=pool_digest,
        agreed=config.agreed and setting.text_source in METHODS,
        embedding_scale=EMBEDDING_SCALES.get(student, 1.0),
        embedding_source=suite_data.vectors_digest if setting.embeddings == "fasttext" else "",
        max_epochs=config.preset.max_epochs,
        max_steps=config.preset.max_steps,
        patience=config.preset.patience,
        batch_size=config.preset.batch_size,
        max_length=teacher.max_length,
        decay=config.preset.max_steps > 0,
        limit=config.limit,
        **vars(setting),
    )
    return _untrained(spec, setting_name, teacher.teacher) if spec.is_baseline else spec


def _rate(config: BenchmarkConfig, student: str) -> float | Literal["grid"]:
    if config.learning_rate is not None:
        return config.learning_rate
    return "grid" if config.preset.grid else STUDENT_RATES.get(student, 0.0)
