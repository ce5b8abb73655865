"""A store whose artifacts were deleted."""

import shutil
from pathlib import Path

import pytest

from benchmark.run import main
from tests.support.commands import Finished


def test_only_students_that_read_the_teachers_files_fail(
    finished_copy: Finished, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("mlartifacts")
    shutil.rmtree(tmp_path / "copy" / "own" / "cache")
    code = main([*finished_copy.arguments, "-x", "vanilla", "-x", "kd", "--seed", "1", "--no-latency"])
    err = capfd.readouterr().err
    assert code == 1
    assert "cnn.vanilla.seed1" not in err
    assert "Failed: smalltalk_demo.cnn.kd.seed1: " in err
    assert "give the same command with --force, which runs the teacher again." in err
