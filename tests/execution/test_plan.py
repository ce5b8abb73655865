"""The runs of a plan: which, in which order, and what makes two of them the same."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.core.presets import (
    BUNDLED_TEACHER,
    GRID_RATES,
    MAX_EPOCHS,
    PRESETS,
    STUDENT_RATES,
    USUAL_FINE_TUNING,
    FineTuning,
)
from benchmark.core.spec import GRID, RunSpec, digest
from benchmark.distillation.suite_data import SuiteData
from benchmark.distillation.vocabulary import VERSION
from benchmark.execution.estimate import n_epochs
from benchmark.execution.plan import PlannedRun, plan_runs
from students import PAPER, STUDENTS

N_LEFT_OUT = sum(len(settings) for settings in PRESETS["quickstart"].left_out.values())


@pytest.fixture(autouse=True)
def folder(desk_folder: Path) -> Path:
    return desk_folder


def plan(teacher: Path, *arguments: str, suite: str = "classification") -> list[PlannedRun]:
    given = ["--suite", suite, "--teacher", str(teacher), "--limit", "20", *arguments]
    wanted = benchmark_config(parser("run").parse_args(given))
    suite_data = SuiteData(suite=wanted.suite, teacher=wanted.teacher.name, vectors=wanted.vectors, limit=wanted.limit)
    return plan_runs(wanted, suite_data)


def specs(teacher: Path, *arguments: str, suite: str = "classification") -> list[RunSpec]:
    return [item.spec for item in plan(teacher, *arguments, suite=suite)]


def one(teacher: Path, *arguments: str, suite: str = "classification") -> RunSpec:
    """The student's run of a plan that holds one."""
    _, student = specs(teacher, "-s", "cnn", *arguments, suite=suite)
    return student


def test_the_teacher_comes_first_and_every_run_has_a_key_of_its_own(tiny_teacher: Path) -> None:
    planned = specs(tiny_teacher, "--seeds", "2")
    teacher, *students = planned
    assert teacher.name == "smalltalk_demo.teacher.fine_tuned.seed0"
    assert [spec.name for spec in students[:4]] == [
        "smalltalk_demo.bilstm.vanilla.seed0",
        "smalltalk_demo.bilstm.vanilla.seed1",
        "smalltalk_demo.bilstm.kd.seed0",
        "smalltalk_demo.bilstm.kd.seed1",
    ]
    assert len({spec.key for spec in planned}) == len(planned) == 1 + (len(PAPER) * 5 - N_LEFT_OUT) * 2
    assert {spec.teacher_key for spec in students} == {teacher.key}, "one teacher for all seeds"


def test_a_setting_says_what_its_runs_read(tiny_teacher: Path) -> None:
    ladder = {spec.setting: spec for spec in specs(tiny_teacher, "-s", "cnn")[1:]}
    assert {name: spec.loss for name, spec in ladder.items() if spec.loss != "mse"} == {"vanilla": "hard"}
    assert [name for name, spec in ladder.items() if spec.pool_digest] == ["kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert"]
    assert {name: spec.embeddings for name, spec in ladder.items() if spec.embeddings != "random"} == {
        "kd_ulb_fasttext": "fasttext",
        "kd_ulb_bert": "bert",
    }


@pytest.mark.parametrize(
    ("suite", "dataset", "max_length"),
    [("classification", "smalltalk_demo", 128), ("sequence_labeling", "entity_demo", 256)],
)
def test_teacher_and_students_read_as_many_pieces(
    suite: str, dataset: str, max_length: int, tiny_teacher: Path
) -> None:
    planned = specs(tiny_teacher, "-d", dataset, "-s", "cnn", suite=suite)
    assert {spec.max_length for spec in planned} == {max_length}
    assert len(planned) == 1 + 5


def test_the_rate_decays_where_the_end_is_known(tiny_teacher: Path) -> None:
    """After a number of steps; where patience ends the training, nobody knows when."""
    assert one(tiny_teacher, "-x", "kd", "--max-steps", "9").decay
    assert not one(tiny_teacher, "-x", "kd", "--preset", "paper", "-d", "smalltalk_demo").decay
    assert specs(tiny_teacher, "--preset", "paper", "-d", "smalltalk_demo", "-x", "kd")[0].decay, (
        "the teacher's epochs are few"
    )


def test_agreement_is_asked_of_made_text_alone(tiny_teacher: Path) -> None:
    """Text that was gathered was made from no labelled one, with whose label the teacher could agree."""
    wanted = ("-x", "vanilla", "-x", "kd_ulb", "-x", "kd_subs", "-x", "kd_subs_min_max")
    agreed = {spec.setting: spec.agreed for spec in specs(tiny_teacher, "-s", "cnn", *wanted, "--agreed")}
    assert agreed == {"fine_tuned": False, "vanilla": False, "kd_ulb": False, "kd_subs": True, "kd_subs_min_max": True}
    assert not one(tiny_teacher, "-x", "kd_subs").agreed
    assert one(tiny_teacher, "-x", "kd_ulb", "--agreed").key == one(tiny_teacher, "-x", "kd_ulb").key


def test_a_rate_is_given_or_the_students_own_or_searched(tiny_teacher: Path) -> None:
    every = [word for name in STUDENTS for word in ("-s", name)]
    rates = {spec.student: spec.learning_rate for spec in specs(tiny_teacher, *every, "-x", "vanilla")[1:]}
    assert rates == STUDENT_RATES
    assert one(tiny_teacher, "-x", "kd", "--learning-rate", "2e-3").learning_rate == 2e-3
    assert one(tiny_teacher, "-x", "kd", "--learning-rate", "grid").learning_rate == GRID
    assert len(GRID_RATES) == 6


def test_a_planned_key_is_the_same_whatever_else_is_planned(tiny_teacher: Path) -> None:
    whole = {spec.name: spec.key for spec in specs(tiny_teacher, "--seeds", "3")}
    assert one(tiny_teacher, "-x", "kd_ulb", "--seed", "2").key == whole["smalltalk_demo.cnn.kd_ulb.seed2"]


@pytest.mark.parametrize(
    "other",
    [("--limit", "21"), ("--seed", "1"), ("--learning-rate", "0.5"), ("--max-epochs", "3"), ("--max-steps", "9")],
)
def test_what_changes_a_result_changes_the_key(other: tuple[str, ...], tiny_teacher: Path) -> None:
    assert one(tiny_teacher, "-x", "kd", *other).key != one(tiny_teacher, "-x", "kd").key


@pytest.mark.parametrize("other", [("--jobs", "2"), ("--out", "elsewhere"), ("--device", "cpu"), ("--force",)])
def test_what_changes_no_result_leaves_the_key(other: tuple[str, ...], tiny_teacher: Path) -> None:
    assert one(tiny_teacher, "-x", "kd", *other).key == one(tiny_teacher, "-x", "kd").key


def test_the_teachers_files_make_its_key_and_not_their_place(tiny_teacher: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tiny_teacher, tmp_path / "moved")
    assert one(moved, "-x", "kd").key == one(tiny_teacher, "-x", "kd").key
    (moved / "config.json").write_text((moved / "config.json").read_text() + "\n")
    assert one(moved, "-x", "kd").key != one(tiny_teacher, "-x", "kd").key


def test_given_vectors_are_in_the_key_where_they_are_read(tiny_teacher: Path, folder: Path) -> None:
    (folder / "cc.vec").write_text("1 2\nhalo 0 1\n")
    given = ("--vectors", "cc.vec")
    assert one(tiny_teacher, "-x", "kd_ulb", *given).key == one(tiny_teacher, "-x", "kd_ulb").key
    fasttext = one(tiny_teacher, "-x", "kd_ulb_fasttext", *given)
    assert fasttext.key != one(tiny_teacher, "-x", "kd_ulb_fasttext").key
    (folder / "cc.vec").write_text("1 2\nhalo 1 1\n")
    assert fasttext.key != one(tiny_teacher, "-x", "kd_ulb_fasttext", *given).key


def write_suite(folder: Path, more: str = "") -> str:
    rows = "text,label\nhalo,x\nhai,y\npagi,x\n"
    for name in ("a", "b", "c"):
        (folder / f"{name}.csv").write_text(rows.replace("pagi", f"pagi {name}"))
    files = "{train: a.csv, validation: b.csv, test: c.csv}"
    (folder / "own.yml").write_text(f"task: classification\n{more}datasets: {{one: {files}}}\n")
    return "own.yml"


def test_an_edited_file_makes_other_keys(tiny_teacher: Path, folder: Path) -> None:
    suite = write_suite(folder)
    before = one(tiny_teacher, "-x", "kd", suite=suite)
    (folder / "c.csv").write_text("text,label\nhalo,x\nhai,y\n")
    after = one(tiny_teacher, "-x", "kd", suite=suite)
    assert (before.data_digest == after.data_digest, before.teacher_key == after.teacher_key) == (False, False)


def test_unlabelled_text_is_in_the_key_where_it_is_read(tiny_teacher: Path, folder: Path) -> None:
    before = {spec.setting: spec.key for spec in specs(tiny_teacher, "-s", "cnn", suite=write_suite(folder))}
    (folder / "more.txt").write_text("selamat malam\n")
    suite = write_suite(folder, "unlabeled: [more.txt]\n")
    after = {spec.setting: spec.key for spec in specs(tiny_teacher, "-s", "cnn", suite=suite)}
    assert [name for name in before if before[name] != after[name]] == ["kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert"]


def test_private_data_is_planned_as_skipped(tiny_teacher: Path) -> None:
    planned = plan(tiny_teacher, "-d", "smltk", "-d", "smalltalk_demo", "-s", "cnn", "-x", "kd_ulb")
    assert [(item.spec.dataset, bool(item.skip_reason)) for item in planned] == [
        ("smltk", True),
        ("smltk", True),
        ("smalltalk_demo", False),
        ("smalltalk_demo", False),
    ]
    assert planned[0].skip_reason == "smltk is private to the paper's authors and no files of it are given"


def test_a_setting_whose_values_change_is_another_run(tiny_teacher: Path) -> None:
    spec = one(tiny_teacher, "-x", "kd_kld")
    assert spec.loss == "kld"
    assert replace(spec, temperature=2.0).key != spec.key


def test_heavy_students_are_taught_less_in_the_quickstart_unless_they_are_named(tiny_teacher: Path) -> None:
    planned = [spec.setting for spec in specs(tiny_teacher) if spec.student == "bert_small"]
    assert planned == ["vanilla"]
    assert len(specs(tiny_teacher, "-s", "bert_small")) == 1 + 5
    assert any(spec.student == "bert_small" for spec in specs(tiny_teacher, "-x", "kd_ulb"))


def test_a_teacher_is_fine_tuned_as_suits_it(tiny_teacher: Path) -> None:
    assert specs(tiny_teacher)[0].learning_rate == USUAL_FINE_TUNING.learning_rate
    bundled = specs(Path(BUNDLED_TEACHER))[0]
    assert (bundled.learning_rate, bundled.max_epochs) == (1e-3, 24)


def test_a_small_data_set_is_given_more_epochs() -> None:
    tuning = FineTuning(learning_rate=1e-4, epochs=5, patience=2, min_steps=1000)
    assert [tuning.epochs_for(n) for n in (1000, 110, 60, 1, 0)] == [5, 10, 17, MAX_EPOCHS, MAX_EPOCHS]


def test_an_own_vocabulary_is_part_of_the_key_with_the_text_that_it_is_trained_on(tiny_teacher: Path) -> None:
    theirs, own = (one(tiny_teacher, "-x", "vanilla", "--vocabulary", name) for name in ("teacher", "own"))
    assert theirs.key == one(tiny_teacher, "-x", "vanilla").key
    assert (theirs.vocabulary_text, own.pool_digest) == ("", "")
    pool_digest = one(tiny_teacher, "-x", "kd_ulb").pool_digest
    assert own.vocabulary_text == digest([pool_digest, VERSION])
    assert own.vocabulary_text != pool_digest, "runs of before have this one, and started their embeddings otherwise"
    assert len({theirs.key, own.key, replace(own, vocabulary_text="other").key}) == 3
    assert (theirs.model, own.model) == ("cnn", "cnn+own")


@pytest.mark.parametrize("suite", ["classification", "sequence_labeling"])
def test_the_quickstart_has_one_budget_of_steps_for_all_settings(suite: str) -> None:
    """Else those without unlabelled text would end long before the others, still improving."""
    config = benchmark_config(parser("run").parse_args(["--suite", suite]))
    data = config.suite_data()
    for spec in (run.spec for run in plan_runs(config, data) if not run.spec.is_teacher):
        assert spec.max_steps == PRESETS["quickstart"].max_steps
        assert n_epochs(spec, len(data.training_texts(spec))) < spec.max_epochs
