"""Temporary folders, of processes that live and of killed ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tracking import cache_folder, owner, remove_left_over, scratch_folder
from tracking.scratch import PREFIX

HOLDER = """
import sys
from pathlib import Path
from tracking import scratch_folder
with scratch_folder() as first, scratch_folder(beside=Path(sys.argv[1])) as second:
    (first / "weights").write_text("x")
    (second / "weights").write_text("x")
    print(first, second, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entry(name: str, target: Path) -> Path:
    """An entry of the list, with a folder of its own."""
    target.mkdir(parents=True)
    link = cache_folder() / "scratch" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    return link


def test_folders_of_a_killed_process_are_removed_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "out" / "report.md")],
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    folders = [Path(name) for name in holder.stdout.readline().split()]
    assert [folder.parent for folder in folders] == [tmp_path, tmp_path / "out"]
    remove_left_over()
    assert all((folder / "weights").exists() for folder in folders)
    holder.kill()
    holder.communicate()
    assert all(folder.exists() for folder in folders)
    remove_left_over()
    assert not any(folder.exists() for folder in folders)
    assert list((cache_folder() / "scratch").iterdir()) == []


def test_no_product_file_makes_folders_that_a_killed_process_leaves() -> None:
    files = [file for package in ("benchmark", "students", "tracking") for file in (ROOT / package).rglob("*.py")]
    own = re.compile("TemporaryDirectory|NamedTemporaryFile|mkdtemp|mkstemp")
    assert [file for file in files if own.search(file.read_text(encoding="utf-8"))] == []


def test_a_folder_lasts_for_the_block() -> None:
    with scratch_folder() as folder:
        remove_left_over()
        assert folder.is_dir()
    assert not folder.exists()
    assert list((cache_folder() / "scratch").iterdir()) == []


def test_without_a_writable_cache_there_are_folders_still(cache: Path) -> None:
    cache.write_text("a file")
    with scratch_folder() as folder:
        (folder / "weights").write_text("x")
    assert not folder.exists()


@pytest.mark.parametrize("name", ["another-host+boot+1+1.abc", "x", "", "+++.abc"])
def test_folders_of_other_machines_and_other_names_stay(name: str, tmp_path: Path) -> None:
    entry(f"{PREFIX}{name}", tmp_path / f"{PREFIX}{name}")
    remove_left_over()
    assert (tmp_path / f"{PREFIX}{name}").is_dir()


def test_an_entry_of_a_dead_process_removes_no_folder_of_another_name(tmp_path: Path) -> None:
    host, _, pid, start = owner().rsplit("/", 3)
    link = entry(f"{PREFIX}{host}+earlier boot+{pid}+{start}.abc", tmp_path / "precious")
    remove_left_over()
    assert (tmp_path / "precious").is_dir()
    assert link.is_symlink()
