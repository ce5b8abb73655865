"""`--learning-rate tuned`: learning rates of finished studies."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmark.core.errors import InputError
from benchmark.core.settings import TEACHERS
from benchmark.core.spec import RunSpec
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.reporting.related_runs import BEST_RATE, latest_studies, training_key
from tracking import Record


def with_tuned_rates(
    items: Sequence[PlannedRun], records: Iterable[Record], config: BenchmarkConfig
) -> list[PlannedRun]:
    """The plan with each student at its study's best rate; teachers and skipped runs are unchanged.

    Raises InputError, with the command of the first missing study, if a student has none.
    """
    studies = latest_studies(records)
    missing = [i.spec for i in items if _is_tunable(i) and training_key(i.spec) not in studies]
    if missing:
        names = ", ".join(dict.fromkeys(f"{s.dataset}.{s.model}.{s.setting}" for s in missing))
        raise InputError(f"No finished study for {names}. Run one first: {_command(missing[0], config)}")
    return [_tuned(item, studies[training_key(item.spec)]) if _is_tunable(item) else item for item in items]


def tuned_lines(items: Iterable[PlannedRun], records: Iterable[Record]) -> list[str]:
    """One line per student: its learning rate and the study that found it."""
    studies = latest_studies(records)
    rows = {training_key(item.spec): item.spec for item in items if _is_tunable(item)}
    return [
        f"{spec.dataset}.{spec.model}.{spec.setting}: learning rate {spec.learning_rate:.3g} of study "
        f"{studies[key].tags.get('study', studies[key].name)} (run {studies[key].run_id})"
        for key, spec in rows.items()
    ]


def _is_tunable(item: PlannedRun) -> bool:
    return not (item.spec.is_teacher or item.spec.is_baseline or item.skip_reason)


def _tuned(item: PlannedRun, study: Record) -> PlannedRun:
    return replace(item, spec=replace(item.spec, learning_rate=study.metrics[BEST_RATE]))


def _command(spec: RunSpec, config: BenchmarkConfig) -> str:
    names = f"-d {spec.dataset} -s {spec.student} -x {spec.setting} --teacher {spec.teacher}"
    vocabulary = f" --vocabulary {spec.vocabulary}" if spec.vocabulary != TEACHERS else ""
    limit = f" --limit {spec.limit}" if spec.limit else ""
    suite = f"--suite {config.suite_argument} --preset {config.preset_name}"
    return f"python -m benchmark.tune {suite} {names}{vocabulary}{limit}"
