"""A store whose artifacts were deleted."""

import shutil
from pathlib import Path

import pytest

from benchmark.run import main
from tests.support.commands import Finished


@pytest.mark.usefixtures("brief_measuring", "warm_workers")
def test_only_students_that_read_the_teachers_files_fail(
    finished_copy: Finished, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("mlartifacts")
    shutil.rmtree(tmp_path / "copy" / "own" / "cache")
    code = main([*finished_copy.arguments, "-x", "vanilla", "-x", "kd", "--seed", "1"])
    err = capfd.readouterr().err
    assert code == 1
    assert "cnn.vanilla.seed1" not in err
    assert "Not measured: smalltalk_demo.teacher.fine_tuned.seed0: The " in err
    measured = [record.name for record in finished_copy.store.records() if record.tags["role"] == "inference"]
    assert measured[-1] == "smalltalk_demo.cnn.vanilla.seed1.inference"
    assert Path("results/classification/report.html").exists()
    assert "Failed: smalltalk_demo.cnn.kd.seed1: " in err
    assert "give the same command with --force, which runs the teacher again." in err
