"""What a command line comes to: the command line beats the suite's file, which beats the preset."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.cli.arguments import parser
from benchmark.cli.options import benchmark_config
from benchmark.cli.parser import learning_rate, positive, seed
from benchmark.core.errors import InputError
from benchmark.core.presets import PRESETS
from benchmark.core.settings import LADDER
from benchmark.data.entry import TeacherEntry
from benchmark.execution.plan import BenchmarkConfig
from students import PAPER


def configured(*arguments: str) -> BenchmarkConfig:
    return benchmark_config(parser("run").parse_args(["--suite", "classification", *arguments]))


@pytest.fixture
def own_suite(tmp_path: Path) -> str:
    """A suite of two data sets that names its own teacher, in a folder beside it."""
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("text,label\nhalo,x\nhai,y\n")
    (tmp_path / "my-bert").mkdir()
    files = "{train: a.csv, validation: b.csv, test: c.csv}"
    path = tmp_path / "own.yml"
    path.write_text(f"task: classification\nteacher: my-bert\ndatasets: {{one: {files}, two: {files}}}\n")
    return str(path)


def test_nothing_named_means_the_quickstart_whole() -> None:
    config = configured()
    assert config.preset_name == "quickstart"
    assert config.datasets == ("smalltalk_demo",)
    assert config.students == PAPER
    assert config.settings == LADDER
    assert config.seeds == (0,)
    assert config.learning_rate is None
    assert config.teacher.name == PRESETS["quickstart"].teacher
    assert config.limit == 0


def test_the_paper_preset_is_the_whole_grid() -> None:
    config = configured("--preset", "paper")
    assert config.datasets == ("smltk", "health", "telco", "senta", "smsa", "emot")
    assert config.teacher.name == "indobenchmark/indobert-base-p1"
    assert config.preset.grid


def test_names_are_repeatable_each_once_in_the_order_given() -> None:
    config = configured(
        "-d", "emot", "-d", "smsa", "-s", "cnn", "--student", "bilstm", "-x", "kd", "-x", "vanilla", "-x", "kd"
    )
    assert config.datasets == ("emot", "smsa")
    assert config.students == ("cnn", "bilstm")
    assert config.settings == ("kd", "vanilla")


def test_the_teacher_of_the_command_line_beats_the_files_which_beats_the_presets(
    own_suite: str, tmp_path: Path
) -> None:
    of_file = benchmark_config(parser("run").parse_args(["--suite", own_suite]))
    assert of_file.teacher.name == str(tmp_path / "my-bert")
    of_line = benchmark_config(parser("run").parse_args(["--suite", own_suite, "--teacher", "a/b"]))
    assert of_line.teacher == TeacherEntry(name="a/b")


@pytest.mark.parametrize("preset", PRESETS)
def test_an_own_suite_without_a_teacher_is_refused(own_suite: str, preset: str) -> None:
    Path(own_suite).write_text(Path(own_suite).read_text().replace("teacher: my-bert\n", ""))
    with pytest.raises(
        InputError, match=r"Suite 'own' names no teacher. Add a line `teacher: NAME` to .*own.yml, or give"
    ):
        configured("--suite", own_suite, "--preset", preset)
    assert configured("--suite", own_suite, "--teacher", "a/b").teacher == TeacherEntry(name="a/b")


@pytest.mark.parametrize(
    ("arguments", "as_is"),
    [
        ((), None),
        (("--as-is",), True),
        (("--fine-tune",), False),
        (("--teacher-epochs", "2"), False),
        (("--teacher-learning-rate", "1e-4"), False),
    ],
)
def test_options_say_whether_a_teacher_is_trained(arguments: tuple[str, ...], as_is: bool | None) -> None:
    assert configured(*arguments).teacher.as_is is as_is


def test_a_teacher_as_it_is_takes_no_options_of_training() -> None:
    with pytest.raises(InputError, match=r"--as-is trains no teacher\. Leave out --teacher-epochs"):
        configured("--as-is", "--teacher-epochs", "2")


def test_the_files_map_holds_for_the_files_teacher_alone(own_suite: str, tmp_path: Path) -> None:
    text = Path(own_suite).read_text().replace("my-bert", "{path: my-bert, as_is: true, labels: {LABEL_0: x}}")
    Path(own_suite).write_text(text)
    of_file = TeacherEntry(name=str(tmp_path / "my-bert"), as_is=True, labels={"LABEL_0": "x"})
    assert configured("--suite", own_suite).teacher == of_file
    assert configured("--suite", own_suite, "--teacher", of_file.name).teacher == of_file
    assert configured("--suite", own_suite, "--fine-tune").teacher == replace(of_file, as_is=False)
    assert configured("--suite", own_suite, "--teacher", "a/b").teacher == TeacherEntry(name="a/b")


def test_an_own_suite_is_the_same_in_every_preset(own_suite: str) -> None:
    for preset in PRESETS:
        config = benchmark_config(parser("run").parse_args(["--suite", own_suite, "--preset", preset, "-d", "two"]))
        assert config.datasets == ("two",)
        assert set(config.suite.entries) == {"one", "two"}


@pytest.mark.parametrize(
    ("arguments", "seeds"),
    [((), (0,)), (("--seeds", "3"), (0, 1, 2)), (("--seed", "7"), (7,)), (("--seed", "0"), (0,))],
)
def test_seeds(arguments: tuple[str, ...], seeds: tuple[int, ...]) -> None:
    assert configured(*arguments).seeds == seeds


def test_seed_and_seeds_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        configured("--seeds", "2", "--seed", "1")
    assert "not allowed with" in capsys.readouterr().err


def test_budgets_of_the_command_line_beat_the_presets() -> None:
    config = configured("--max-epochs", "3", "--max-steps", "50", "--teacher-epochs", "1")
    assert (config.preset.max_epochs, config.preset.max_steps, config.teacher_epochs) == (3, 50, 1)
    assert config.preset.patience == PRESETS["quickstart"].patience


@pytest.mark.parametrize(("text", "value"), [("grid", "grid"), ("1e-3", 1e-3), ("1", 1.0), (".5", 0.5)])
def test_learning_rates(text: str, value: float | str) -> None:
    assert learning_rate(text) == value
    assert configured("--learning-rate", text).learning_rate == value


def test_numbers_are_read_as_people_write_them() -> None:
    assert positive("12") == 12
    assert seed("0") == 0


def test_vectors_are_an_existing_file(tmp_path: Path) -> None:
    (tmp_path / "cc.id.vec").write_text("1 2\na 0 1\n")
    assert configured("--vectors", str(tmp_path / "cc.id.vec")).vectors == str(tmp_path / "cc.id.vec")
