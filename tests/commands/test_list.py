"""The lists of names, and the edge of every command."""

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmark import list as listing
from benchmark.cli.command import run_command
from benchmark.core.errors import InputError, RunError, UnknownNameError
from benchmark.core.settings import SETTINGS
from benchmark.data.catalogue import DATASETS
from students import STUDENTS
from tracking import Store, StoreError

INTERRUPTED = "Interrupted. Finished runs are kept; the same command continues from there.\n"
LONG = "kd_subs_mean_oversampled_min_max"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("suites", ["classification", "sequence_labeling", "quickstart", "paper"]),
        ("datasets", list(DATASETS)),
        ("students", list(STUDENTS)),
        ("settings", list(SETTINGS)),
    ],
)
def test_every_name_is_listed(topic: str, names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert listing.main([topic]) == 0
    words = capsys.readouterr().out.split()
    assert [name for name in names if name not in words] == []


@pytest.mark.parametrize("columns", ["80", "60"])
def test_a_narrow_terminal_cuts_no_name(
    columns: str, store: Store, add_run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    add_run(store, student="cnn", setting=LONG, status="failed", reason="no memory " * 9)
    assert listing.main([]) == listing.main(["runs", "--tracking-uri", store.uri]) == 0
    shown = capsys.readouterr().out
    names = [*DATASETS, *STUDENTS, *SETTINGS, f"emot.cnn.{LONG}.seed0"]
    assert [name for name in names if name not in shown.split()] == []
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= int(columns)


def test_a_program_reads_a_row_in_each_line(
    store: Store, add_run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `... | grep NAME` does, of whatever length the line is."""
    monkeypatch.delenv("COLUMNS")
    add_run(store, student="cnn", setting=LONG, status="failed", reason="no memory " * 99)
    assert listing.main([]) == listing.main(["runs", "--tracking-uri", store.uri]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if f"emot.cnn.{LONG}.seed0" in line]
    assert line.count("no memory") == 99


def test_no_topic_lists_all_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert listing.main([]) == 0
    words = capsys.readouterr().out.split()
    assert {"emot", "bilstm", "kd_ulb", "sequence_labeling"} <= set(words)


def test_runs_are_listed(store: Store, add_run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(store, student="cnn", setting="kd", test_f1=0.5)
    add_run(store, "other", status="failed", reason="no [bold]memory[/bold]")
    assert listing.main(["runs", "--tracking-uri", store.uri]) == 0
    shown = capsys.readouterr().out
    assert "emot.cnn.kd.seed0" in shown
    assert "50.00" in shown
    assert "no [bold]memory[/bold]" in shown, "shown as it is"
    assert listing.main(["runs", "--suite", "other", "--tracking-uri", store.uri]) == 0
    assert "emot.cnn.kd.seed0" not in capsys.readouterr().out
    with pytest.raises(UnknownNameError, match="Did you mean 'other'"):
        listing.main(["runs", "--suite", "othr", "--tracking-uri", store.uri])


def test_an_unknown_topic_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run_command(lambda: listing.main(["datsets"]))
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith("Unknown topic 'datsets'. Did you mean 'datasets'?")


def raising(error: BaseException) -> Callable[[], int]:
    def main() -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("main", "code", "said"),
    [
        (lambda: 0, 0, ""),
        (lambda: 1, 1, ""),
        (raising(RunError("one run")), 1, "one run\n"),
        (raising(InputError("a file")), 2, "a file\n"),
        (raising(StoreError("a server")), 2, "a server\n"),
        (
            raising(KeyboardInterrupt()),
            130,
            INTERRUPTED,
        ),
    ],
)
def test_exit_codes(main: Callable[[], int], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == code
    assert capsys.readouterr().err == said


def test_a_command_that_is_asked_to_end_is_interrupted() -> None:
    """By the SIGTERM of a scheduler, a container or `kill`: what goes on is tidied up as on Ctrl-C."""
    code = "import time; from benchmark.cli.command import run_command; run_command(lambda: print(1) or time.sleep(60))"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert (process.returncode, said) == (130, INTERRUPTED)


def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        run_command(lambda: 1 // 0)
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("ZeroDivisionError: integer division or modulo by zero\n")
