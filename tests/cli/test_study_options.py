"""Options of `benchmark.study`: bad input, help and the plan."""

from pathlib import Path

import pytest

from benchmark import study as command
from benchmark.cli.command import run_command
from benchmark.core.errors import DONE
from benchmark.reporting.studies.experiments import EXPERIMENTS

BAD = {
    "": "the following arguments are required: NAME",
    "-d emot": "the following arguments are required: NAME",
    "loses": "Did you mean 'losses'",
    "losses -x kd": "sets --setting itself",
    "losses --learning-rate tuned": "at one learning rate or the grid",
    "losses -d emott": "Did you mean 'emot'",
    "domain -d emot --in-domain nowhere.txt": "'nowhere.txt' of --in-domain does not exist",
    "domain -d emot --augmented 0": "not a positive whole number",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_message_and_exit_code_2(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: command.main(arguments.split()))
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert BAD[arguments] in said
    assert len(said.splitlines()) == 1 or "usage: " in said


@pytest.mark.parametrize("arguments", ["-h", "--help", "losses --help", "-d emot -h"])
def test_help_tells_what_a_study_takes(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments.split())
    assert ended.value.code == DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "[--suite SUITE]" in shown, "it need not be given"
    assert "--setting" not in shown.partition("options:")[2]
    assert all(name in shown for name in EXPERIMENTS)


def test_an_empty_text_file_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: command.main(["domain", "-d", "emot", "--in-domain", str(tmp_path / "empty.txt")]))
    assert ended.value.code == 2
    assert "is empty. Give one text per line." in capsys.readouterr().err


def test_a_dry_run_shows_the_plan(
    tmp_path: Path, tiny_teacher: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = "losses -d smalltalk_demo -s cnn --seeds 3 --dry-run --tracking-uri sqlite:///none.db"
    assert command.main([*arguments.split(), "--teacher", str(tiny_teacher)]) == 0
    assert "16 of 16 runs are due" in capsys.readouterr().out
