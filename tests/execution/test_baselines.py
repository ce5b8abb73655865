"""Baselines in a plan: the settings that they learn in, what stays empty, and which requests are refused."""

from pathlib import Path

import pytest

from benchmark import tune
from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.errors import InputError
from benchmark.core.spec import RunSpec
from benchmark.distillation.teacher_outputs import required_parts
from benchmark.execution.estimate import OVERHEAD_SECONDS, Estimator
from benchmark.execution.plan import plan_runs
from benchmark.execution.run_description import note
from students.registry import BASELINES


@pytest.fixture(autouse=True)
def folder(desk_folder: Path) -> Path:
    return desk_folder


def planned(teacher: Path, *arguments: str) -> list[RunSpec]:
    """The students' runs of a plan."""
    given = ["--suite", "classification", "--teacher", str(teacher), "--limit", "20", *arguments]
    config = benchmark_config(parser("run").parse_args(given))
    return [item.spec for item in plan_runs(config, config.suite_data()) if not item.spec.is_teacher]


def test_it_learns_labels_alone_and_beside_students_in_all_settings(tiny_teacher: Path) -> None:
    found = planned(tiny_teacher, "-s", "tfidf", "-s", "cnn", "--vocabulary", "own")
    by_student = {name: [s.setting for s in found if s.student == name] for name in ("tfidf", "cnn")}
    assert by_student["tfidf"] == ["vanilla", "kd", "kd_ulb"]
    assert by_student["cnn"] == ["vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert"]
    assert [len(required_parts(spec)) for spec in found if spec.student == "tfidf"] == [0, 2, 3]
    assert {spec.vocabulary for spec in found if spec.student == "tfidf"} == {"teacher"}


@pytest.mark.parametrize("options", [(), ("--learning-rate", "grid"), ("--max-steps", "9"), ("--max-epochs", "3")])
def test_budgets_and_rates_of_students_do_not_change_its_key(options: tuple[str, ...], tiny_teacher: Path) -> None:
    [plain], [other] = (planned(tiny_teacher, "-s", "tfidf", "-x", "kd", *more) for more in ((), options))
    assert other.key == plain.key
    assert (plain.learning_rate, plain.max_epochs, plain.max_steps, plain.batch_size) == (0.0, 0, 0, 0)
    assert not plain.searches


def test_its_duration_and_description(tiny_teacher: Path) -> None:
    [spec] = planned(tiny_teacher, "-s", "fasttext", "-x", "kd_ulb")
    milliseconds = BASELINES["fasttext"].milliseconds_per_text
    assert Estimator(seconds={})(spec, ["a"] * 500) == pytest.approx(OVERHEAD_SECONDS + 0.5 * milliseconds)
    text = note(spec, "train", {})
    assert "learns from the teacher's labels, on unlabelled text too" in text
    assert "bundle" not in text


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-s", "crf"], "'crf' cannot be run: it is of the task sequence_labeling, the suite of classification"),
        (["-s", "tfidf", "-x", "kd_ulb_bert"], "'tfidf' cannot be run: it learns labels, of the settings vanilla, kd"),
    ],
)
def test_what_it_cannot_do_is_one_error(arguments: list[str], reason: str, tiny_teacher: Path) -> None:
    with pytest.raises(InputError) as raised:
        planned(tiny_teacher, *arguments)
    assert reason in str(raised.value)


def test_a_missing_package_is_named(tiny_teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.execution.requirements.find_spec", lambda _: None)
    with pytest.raises(InputError, match="Install it: pip install 'fasttext-community'"):
        planned(tiny_teacher, "-s", "fasttext")


def test_there_is_no_rate_to_tune() -> None:
    with pytest.raises(InputError, match="'tfidf' has no learning rate to tune"):
        tune.main(["-d", "smalltalk_demo", "-s", "tfidf"])
