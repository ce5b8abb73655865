"""`--learning-rate tuned`: the rates of finished studies."""

from dataclasses import replace

import pytest

from benchmark.core.errors import InputError
from benchmark.core.presets import PRESETS
from benchmark.core.spec import RunSpec
from benchmark.data.suites import load_suite
from benchmark.execution.best_rates import tuned_lines, with_tuned_rates
from benchmark.execution.plan import BenchmarkConfig, PlannedRun
from benchmark.reporting.related_runs import training_key
from tests.support.studies import SPEC
from tracking import Store


def add_study(store: Store, spec: RunSpec, rate: float | None, name: str = "s") -> None:
    tags = {"role": "study", "study": name, "lesson": training_key(spec)}
    run = store.begin(spec.suite, name, tags=tags, params={})
    if rate is not None:
        run.finish({"best_learning_rate": rate})


@pytest.fixture
def items() -> list[PlannedRun]:
    teacher = replace(SPEC, student="teacher", setting="fine_tuned")
    return [
        PlannedRun(spec=teacher),
        PlannedRun(spec=SPEC),
        PlannedRun(spec=replace(SPEC, seed=1)),
        PlannedRun(spec=replace(SPEC, seed=2)),
    ]


CONFIG = BenchmarkConfig(
    suite=load_suite("classification", "paper"),
    suite_argument="classification",
    preset_name="paper",
    preset=PRESETS["paper"],
    datasets=(),
    students=(),
    settings=(),
    seeds=(0,),
    learning_rate=None,
    teacher="t",
)


def test_tuned_takes_the_latest_finished_study_whatever_seed_and_budget(store: Store, items: list[PlannedRun]) -> None:
    add_study(store, replace(SPEC, seed=7, max_epochs=50, max_steps=9), 2e-3, "early")
    add_study(store, SPEC, 3e-3, "late")
    add_study(store, SPEC, None, "unfinished")
    records = store.records()
    tuned = with_tuned_rates(items, records, CONFIG)
    assert [item.spec.learning_rate for item in tuned] == [1e-3, 3e-3, 3e-3, 3e-3]
    assert [item.spec.seed for item in tuned] == [0, 0, 1, 2]
    (line,) = tuned_lines(tuned, records)
    assert "learning rate 0.003 of study late (run " in line


@pytest.mark.parametrize(
    "other", [{"teacher_key": "u"}, {"data_digest": "e"}, {"setting": "kd_kld"}, {"student": "bilstm"}, {"limit": 9}]
)
def test_tuned_names_the_command_where_there_is_no_study(
    store: Store, items: list[PlannedRun], other: dict[str, str]
) -> None:
    add_study(store, replace(SPEC, **other), 2e-3)  # type: ignore[arg-type]
    with pytest.raises(
        InputError, match=r"No finished study for emot\.cnn\.kd\. .*benchmark\.tune .*-d emot -s cnn -x kd"
    ):
        with_tuned_rates(items, store.records(), CONFIG)


def test_tuned_leaves_out_what_cannot_be_run(store: Store) -> None:
    skipped = PlannedRun(spec=SPEC, skip_reason="private")
    assert with_tuned_rates([skipped], store.records(), CONFIG) == [skipped]


OWN = replace(SPEC, vocabulary="own", vocabulary_text="v")


def test_the_command_of_a_missing_study_names_the_vocabulary(store: Store) -> None:
    add_study(store, SPEC, 2e-3)
    with pytest.raises(InputError, match=r"No finished study for emot\.cnn\+own\.kd\. .* -x kd .*--vocabulary own"):
        with_tuned_rates([PlannedRun(spec=OWN)], store.records(), CONFIG)


def test_the_line_of_a_tuned_student_names_the_vocabulary(store: Store) -> None:
    add_study(store, OWN, 2e-3)
    records = store.records()
    (line,) = tuned_lines(with_tuned_rates([PlannedRun(spec=OWN)], records, CONFIG), records)
    assert line.startswith("emot.cnn+own.kd: learning rate 0.002 of study")
