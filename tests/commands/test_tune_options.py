"""What `benchmark.tune` refuses: one message, exit code 2, and nothing made."""

import shutil
from pathlib import Path

import pytest

from benchmark import tune
from benchmark.cli.command import run_command
from tests.support.tuning import options, study

pytestmark = pytest.mark.xdist_group("tune_options")

BAD = {
    "--low 0": "argument --low: '0' is not a number above 0 and at most 1",
    "--low -1e-3": "",
    "--high nan": "argument --high: 'nan' is not a number above 0 and at most 1",
    "--seed=-1": "argument --seed: '-1' is not a whole number from 0",
    "--seed 4294967296": "'4294967296' is not a whole number from 0",
    "--low 1e-2 --high 1e-3": "--low 0.01 is above --high 0.001",
    "--trials 0": "not a positive whole number",
    "--sampler tpo": "Did you mean 'tpe'",
    "--pruner medain": "Did you mean 'median'",
    "-x kd_ulbb": "Did you mean 'kd_ulb'",
    "-d smalltalk": "Did you mean 'smalltalk_demo'",
    "-d health": "health",
    "--storage postgresql+nodriver://h/d": "cannot be opened",
    "--storage sqlite:////nowhere/at/all.db": "does not answer",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_message_and_exit_code_2(
    arguments: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: tune.main([*options(home), *arguments.split()]))
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert BAD[arguments] in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", ["-d health --study s", "-s cmm", "--sampler tpo", "--out {home}/bert/config.json/x"]
)
def test_bad_input_makes_no_store(
    arguments: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(SystemExit, match="2"):
        run_command(lambda: tune.main([*options(home), "--tracking-uri", uri, *arguments.format(home=home).split()]))
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file in the way")
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "taken" / "cache"))
    with pytest.raises(SystemExit, match="2"):
        run_command(lambda: tune.main(options(home)))
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"The cache folder {tmp_path}/taken/cache cannot be written: Not a directory.")


def test_a_teacher_that_cannot_be_read(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = shutil.copytree(home / "bert", tmp_path / "broken")
    (broken / "tokenizer.json").write_text('{"version": "1.0"')
    with pytest.raises(SystemExit, match="2"):
        run_command(lambda: tune.main([*options(home), "--teacher", str(broken)]))
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"The teacher {str(broken)!r} cannot be read")


def test_vectors_that_no_student_can_start_from_are_refused_at_once(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words.vec").write_text("1 2\nбез 1 2\n", encoding="utf-8")
    arguments = [
        *options(home),
        "-x",
        "kd_ulb_fasttext",
        "--vectors",
        str(tmp_path / "words.vec"),
        "--study",
        "vectors",
    ]
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: tune.main(arguments))
    assert ended.value.code == 2
    assert "holds none of the teacher's" in capsys.readouterr().err
    assert not (home / "out" / "tuning" / "vectors").exists()


def test_another_search_leaves_the_study_intact(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main(options(home, "--study intact")) == 0
    before = study(home, "intact").trials
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: tune.main(options(home, "--study intact --high 1e-3")))
    assert ended.value.code == 2
    assert "exists with high 0.01 (not 0.001)" in capsys.readouterr().err
    assert study(home, "intact").trials == before
