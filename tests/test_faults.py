"""Faults in a small size: `python -m tests.faults` is the large one, whose table stands in docs/reliability.md."""

from pathlib import Path
from random import Random

import pytest

from tests.faults import cache, clock, disk, kill_sweep, server
from tests.faults.tally import Fault


@pytest.mark.parametrize(
    ("fault", "tries"), [(disk.full, 24), (cache.damaged, 24), (clock.jumped, 2)], ids=["disk", "cache", "clock"]
)
@pytest.mark.usefixtures("desk_folder")
def test_nothing_is_lost(fault: Fault, tries: int, tmp_path: Path) -> None:
    tally = fault(tmp_path, tries, Random(0))
    assert tally.lost == []
    assert tally.survived == tally.tries == tries


@pytest.mark.slow
def test_a_server_may_be_away(tmp_path: Path) -> None:
    assert server.outage(tmp_path, 1, Random(0), seconds=2).lost == []


@pytest.mark.slow
def test_a_sweep_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    assert kill_sweep.killed(tmp_path, 2, Random(1)).lost == []
