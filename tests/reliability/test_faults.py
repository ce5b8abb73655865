"""Faults in a small size: `python -m reliability` is the large one, whose table stands in docs/reliability.md."""

from pathlib import Path
from random import Random

import pytest

from benchmark.cli.command import run_command
from benchmark.core.cache import write_atomic
from benchmark.core.errors import BAD_INPUT
from reliability import cache, clock, disk, kill_sweep, server
from reliability.tally import Fault


@pytest.mark.parametrize(
    ("fault", "tries"), [(disk.full, 24), (cache.damaged, 24), (clock.jumped, 1)], ids=["disk", "cache", "clock"]
)
@pytest.mark.usefixtures("desk_folder", "store_uri")
def test_nothing_is_lost(fault: Fault, tries: int, tmp_path: Path) -> None:
    tally = fault(tmp_path, tries, Random(0))
    assert tally.lost == []
    assert tally.survived == tally.tries == tries


def test_a_full_disk_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> int:
        with disk.no_file_longer_than(100):
            write_atomic(tmp_path / "report.md", lambda draft: draft.write_text("x" * 9000))
        return 0

    with pytest.raises(SystemExit) as ended:
        run_command(write)
    assert ended.value.code == BAD_INPUT
    assert "File too large" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.nightly
def test_a_server_may_be_away(tmp_path: Path) -> None:
    assert server.outage(tmp_path, 1, Random(0), seconds=2).lost == []


@pytest.mark.nightly
def test_a_sweep_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    assert kill_sweep.killed(tmp_path, 1, Random(1)).lost == []
