"""Which executor a command line asks for, and what is said where it cannot be had."""

import os
import sys
from pathlib import Path

import pytest

from benchmark.errors import InputError
from benchmark.executors import choice
from benchmark.executors.local import Local, threads
from benchmark.limits import Limits
from benchmark.options import parser, request
from benchmark.run import main
from benchmark.session import lanes

SUITE = ("--suite", "classification")


def test_without_its_extra_ray_is_refused_before_anything_is_made(
    desk_folder: Path, tiny_teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'which-student\[ray\]'"):
        main([*SUITE, "--teacher", str(tiny_teacher), "--executor", "ray"])
    assert list(desk_folder.iterdir()) == []


def test_an_address_without_its_executor_is_refused() -> None:
    with pytest.raises(InputError, match="--executor ray"):
        choice.require(parser("run", None).parse_args([*SUITE, "--ray-address", "10.0.0.1:6379"]))


def test_runs_go_to_processes_of_this_machine_unless_said_otherwise() -> None:
    asked = parser("run", None).parse_args([*SUITE])
    choice.require(asked)
    with choice.opened(asked, jobs=3) as executor:
        assert executor == Local(jobs=3)


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "soon"])
def test_minutes_are_a_number_above_0(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser("run", None).parse_args([*SUITE, f"--max-minutes={text}"])
    assert f"{text!r} is no number above 0" in capsys.readouterr().err


def test_only_what_is_over_a_limit_is_refused() -> None:
    limits = Limits(memory_mib=1000, minutes=5)
    assert limits.exceeded(1000, 5) == ""
    assert "1001 MiB" in limits.exceeded(1001, 0)
    assert "5 minutes" in limits.exceeded(0, 5.1)
    assert not Limits()
    assert Limits().exceeded(1e9, 1e9) == ""


def test_cores_are_shared_and_nobody_is_left_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert [threads(n) for n in (1, 3, 8, 100)] == [8, 2, 1, 1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds a process to cores")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert threads(1) == 1
        assert request(parser("run", None).parse_args(SUITE)).jobs == 1
        assert {lane.n_threads for lane in lanes()} == {1}
    finally:
        os.sched_setaffinity(0, allowed)
