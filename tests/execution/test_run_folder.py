"""Temporary folders of runs, of processes that live and of killed ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.execution import run_folder as module
from benchmark.execution.run_folder import PREFIX, remove_left_over, run_folder
from tests.support import ROOT

HOLDER = """
import sys
from benchmark.execution.run_folder import run_folder
with run_folder() as folder:
    (folder / "weights").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(temporary: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    folder = Path(holder.stdout.readline().strip())
    assert folder.parent == temporary
    remove_left_over()
    assert (folder / "weights").exists()
    holder.kill()
    holder.communicate()
    assert folder.exists()
    remove_left_over()
    assert not folder.exists()


def test_a_folder_lasts_for_the_block() -> None:
    with run_folder() as folder:
        remove_left_over()
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["another-host+boot+1+1.abc", "x", "", "+++.abc"])
def test_folders_of_other_machines_and_other_names_stay(name: str, temporary: Path) -> None:
    (temporary / f"{PREFIX}{name}").mkdir()
    remove_left_over()
    assert (temporary / f"{PREFIX}{name}").is_dir()
