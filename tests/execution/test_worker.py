"""Commands and worker processes that are killed, terminated or interrupted: what is kept, and what goes on."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from benchmark.cli.command import run_command
from benchmark.cli.progress import RunProgress
from benchmark.core.errors import DONE, INTERRUPTED
from benchmark.execution.executors.worker import reason_of_death
from benchmark.run import main
from tests.support.commands import Finished, InterruptingDestructor
from tests.support.runs import ENDLESS, SECONDS, running, statuses, wait_until
from tests.support.warm import WarmCommand


def temporary_folders() -> list[Path]:
    """Folders in TMPDIR, where this command's cache lies too."""
    return [path for path in Path(os.environ["TMPDIR"]).iterdir() if path.is_dir() and path.name != "cache"]


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@contextmanager
def going_on(finished: Finished, *arguments: str, n_runs: int) -> Iterator[tuple[WarmCommand, dict[str, int]]]:
    """The command with `n_runs` runs in the middle of their work, and these runs' processes."""
    command = WarmCommand(finished.folder, *finished.arguments, *arguments)
    try:
        wait_until(lambda: len(running(finished.folder)) == n_runs or command.poll() is not None)
        assert command.poll() is None, command.communicate()
        yield command, running(finished.folder)
    finally:
        command.kill()
        command.communicate()


def test_a_killed_command_goes_on_where_it_was(finished_copy: Finished) -> None:
    arguments = ("-x", "vanilla", "-x", "kd")
    with going_on(finished_copy, *arguments, n_runs=1) as (command, runs):
        wait_until(lambda: temporary_folders() != [])
        command.send_signal(signal.SIGKILL)
        command.wait()
    assert list(runs) == ["smalltalk_demo.cnn.kd.seed0"]
    assert statuses(finished_copy.store)[-1] == ("cnn.kd", "running")
    assert temporary_folders() != []
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, [*finished_copy.unmeasured, *arguments]))
    assert ended.value.code == DONE
    assert temporary_folders() == []
    assert statuses(finished_copy.store) == [
        ("cnn.vanilla", "finished"),
        ("cnn.kd_ulb_bert", "finished"),
        ("cnn.kd", "killed"),
        ("cnn.kd", "finished"),
    ]
    assert statuses(finished_copy.store, "teacher") == [("teacher.fine_tuned", "finished")]


def test_an_interrupt_that_python_drops_ends_the_run(
    finished_copy: Finished, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the background of a shell ignores it
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    monkeypatch.setattr(RunProgress, "epoch", lambda *_: InterruptingDestructor() and None)
    with pytest.raises(SystemExit) as ended:
        run_command(partial(main, [*finished_copy.unmeasured, "-x", "kd", "-x", "kd_ulb", *ENDLESS]))
    assert ended.value.code == INTERRUPTED
    assert capfd.readouterr().err == "Interrupted. Finished runs are kept; the same command continues from there.\n"
    assert statuses(finished_copy.store)[-1] == ("cnn.kd", "killed")


def test_workers_of_a_killed_command_end_too(finished_copy: Finished) -> None:
    """Else they would go on beside the next command, which does the same runs."""
    with going_on(finished_copy, "-x", "kd", "-x", "kd_ulb", "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        assert command.pid not in runs.values()
        command.send_signal(signal.SIGKILL)
        command.wait()
        wait_until(lambda: not any(map(is_alive, runs.values())))
    assert len(finished_copy.store.kill_stale()) == 2
    assert Counter(statuses(finished_copy.store))["cnn.kd", "killed"] == 1


def test_a_terminated_command_ends_its_runs_as_killed(finished_copy: Finished) -> None:
    with going_on(finished_copy, "-x", "kd", "-x", "kd_ulb", "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        command.terminate()
        _, err = command.communicate(timeout=SECONDS)
        assert command.returncode == INTERRUPTED
        assert err == "Interrupted. Finished runs are kept; the same command continues from there.\n"
        wait_until(lambda: not any(map(is_alive, runs.values())))
    finished_copy.store.kill_stale()  # a run that had only just begun is ended by the next command
    assert statuses(finished_copy.store)[-2:] in (
        [("cnn.kd", "killed"), ("cnn.kd_ulb", "killed")],
        [("cnn.kd_ulb", "killed"), ("cnn.kd", "killed")],
    )


def test_a_worker_that_dies_loses_its_run_alone(finished_copy: Finished) -> None:
    three = ("-x", "kd", "-x", "kd_ulb", "-x", "kd_ulb_fasttext")
    with going_on(finished_copy, *three, "--jobs", "2", *ENDLESS, n_runs=2) as (command, runs):
        os.kill(runs["smalltalk_demo.cnn.kd.seed0"], signal.SIGKILL)
        wait_until(lambda: "smalltalk_demo.cnn.kd_ulb_fasttext.seed0" in running(finished_copy.folder))
        command.terminate()
        _, err = command.communicate(timeout=SECONDS)
        assert "Traceback" not in err
    finished_copy.store.kill_stale()  # a run that had only just begun
    assert Counter(statuses(finished_copy.store))["cnn.kd", "failed"] == 1
    assert {status for name, status in statuses(finished_copy.store)[2:] if name != "cnn.kd"} == {"killed"}
    failed = next(record for record in finished_copy.store.records() if record.status == "failed")
    assert failed.tags["reason"].startswith("Its process was ended from outside or by a crash (SIGKILL).")


def test_why_a_process_died_is_told_from_what_the_system_says() -> None:
    assert reason_of_death(-signal.SIGKILL, oom_kills=1).startswith("Out of memory: ")
    assert "(SIGKILL)" in reason_of_death(-signal.SIGKILL, oom_kills=0)
    assert "(SIGSEGV)" in reason_of_death(-signal.SIGSEGV, oom_kills=1)
    assert "(exit code 3)" in reason_of_death(3, oom_kills=0)
