"""Limits of memory and time per run."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.cli.arguments import parser
from benchmark.core.errors import DONE, SOME_FAILED
from benchmark.core.run_store import open_store
from benchmark.execution.limits import EXCEEDED, Limits
from benchmark.reporting.leaderboard_entry import missing_kind
from benchmark.reporting.results import results
from benchmark.run import main
from tests.support.commands import Finished, enter
from tests.support.runs import ENDLESS, SECONDS, running, statuses

SUITE = ("--suite", "classification")


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "soon"])
def test_minutes_are_a_number_above_0(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser("run").parse_args([*SUITE, f"--max-minutes={text}"])
    assert f"{text!r} is not a number above 0" in capsys.readouterr().err


def test_only_what_is_over_a_limit_is_refused() -> None:
    limits = Limits(memory_mib=1000, minutes=5)
    assert limits.exceeded(1000, 5) == ""
    assert "1001 MiB" in limits.exceeded(1001, 0)
    assert "5 minutes" in limits.exceeded(0, 5.1)
    assert not Limits()
    assert Limits().exceeded(1e9, 1e9) == ""


def test_a_process_that_a_limit_ended_leaves_nothing_to_be_said() -> None:
    """Semaphores, as those of progress bars, are given back: Python would warn of them in the last line."""
    code = (
        "import time\nfrom functools import partial\nfrom multiprocessing import get_context\n"
        "from benchmark.execution.limits import Limits, enforced\nlock = get_context('spawn').Lock()\n"
        "with enforced(Limits(memory_mib=1), partial(print, flush=True)): time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.startswith("Out of memory: ")
    assert (done.returncode, done.stderr) == (EXCEEDED, "")


@pytest.mark.usefixtures("warm_workers")
@pytest.mark.parametrize(
    ("limit", "reason", "kind"),
    [
        (("--max-memory", "64"), "Out of memory: its process held ", "out_of_memory"),
        (("--max-minutes", "0.005"), "Out of time: it took longer than the 0.005 minutes that --max-minutes", "failed"),
    ],
)
def test_a_run_over_its_limit_fails_alone_and_says_so(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str], limit: tuple[str, str], reason: str, kind: str
) -> None:
    arguments = [*finished_copy.unmeasured, "-x", "vanilla", "-x", "kd"]
    assert main([*arguments, *ENDLESS, "-x", "kd_ulb_bert", *limit]) == SOME_FAILED
    names = [line.partition(": ")[2].partition(": ")[0] for line in capfd.readouterr().err.splitlines()]
    assert sorted(names) == [f"smalltalk_demo.cnn.{setting}.seed0" for setting in ("kd", "kd_ulb_bert", "vanilla")]
    records = finished_copy.store.records()
    failed = [record for record in records if record.status == "failed"]
    assert len(failed) == 3
    assert all(record.tags["reason"].startswith(reason) for record in failed)
    assert [missing_kind(replace(row, smoke=False)) for row in results(failed)] == [kind] * 3
    assert not running(finished_copy.folder)
    assert main(arguments) == DONE


@pytest.mark.usefixtures("warm_workers")
def test_students_of_a_failed_teacher_wait_for_it(
    finished_copy: Finished, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "work"
    folder.mkdir(parents=True)
    enter(folder, monkeypatch)
    arguments = [*finished_copy.arguments, "-x", "vanilla", "--max-memory", "64"]
    assert main(arguments) == SOME_FAILED
    out, err = capfd.readouterr()
    assert [line.partition(": ")[2][:60] for line in err.splitlines()] == [
        "smalltalk_demo.teacher.fine_tuned.seed0: Out of memory: its ",
        "smalltalk_demo.cnn.vanilla.seed0: not begun, since its teach",
    ]
    assert "2 of 2 runs are due" in out
    assert main(arguments) == SOME_FAILED
    assert "0 of 2 runs are due" in capfd.readouterr().out
    assert statuses(open_store()) == []
