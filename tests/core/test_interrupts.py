"""Interrupts that are raised where Python drops exceptions still end the command."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from benchmark.cli.command import run_command
from benchmark.core.errors import DONE, INTERRUPTED
from benchmark.core.interrupts import (
    catch_interrupts,
    check_interrupt,
    forget_interrupt,
    is_interrupted,
    without_interrupts,
)
from tests.support.commands import InterruptingDestructor

Dropped = Callable[[], object]


class FailingDestructor:
    def __del__(self) -> None:
        raise ValueError("a failed destructor")


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dropped]:
    """Interrupts the process at a point where Python drops the exception."""
    handler = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the background of a shell ignores it
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    yield InterruptingDestructor
    forget_interrupt()
    signal.signal(signal.SIGINT, handler)


def test_a_dropped_interrupt_is_raised_at_the_next_check(dropped: Dropped) -> None:
    catch_interrupts(signal.SIGINT)
    check_interrupt()
    dropped()
    with pytest.raises(KeyboardInterrupt):
        check_interrupt()
    catch_interrupts(signal.SIGINT)
    check_interrupt()


def test_a_dropped_interrupt_prints_no_traceback(dropped: Dropped, capsys: pytest.CaptureFixture[str]) -> None:
    catch_interrupts(signal.SIGINT)
    dropped()
    assert capsys.readouterr().err == ""


def test_errors_that_a_library_logs_of_an_interrupt_are_not_printed(
    dropped: Dropped, capsys: pytest.CaptureFixture[str]
) -> None:
    catch_interrupts(signal.SIGINT)
    assert logging.lastResort
    error = (KeyboardInterrupt, KeyboardInterrupt(), None)
    record = logging.LogRecord("sqlalchemy.pool", logging.ERROR, __file__, 1, "Error closing cursor", None, error)
    logging.lastResort.handle(record)
    assert "Error closing cursor" in capsys.readouterr().err
    dropped()
    logging.lastResort.handle(record)
    assert capsys.readouterr().err == ""


def test_other_dropped_exceptions_are_printed(dropped: Dropped, capsys: pytest.CaptureFixture[str]) -> None:
    catch_interrupts(signal.SIGINT)
    dropped()
    FailingDestructor()
    assert "a failed destructor" in capsys.readouterr().err


@pytest.mark.usefixtures("dropped")
def test_an_interrupt_while_a_dropped_exception_is_reported_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    """As of a process that its command ends while one of its destructors fails."""

    class Failure(int):
        exc_type = ValueError

    sys.unraisablehook = signal.raise_signal
    catch_interrupts(signal.SIGINT)
    sys.unraisablehook(Failure(signal.SIGINT))  # type: ignore[arg-type, type-var]
    assert is_interrupted()
    assert capsys.readouterr().err == ""


def test_a_command_that_ends_after_a_dropped_interrupt_was_interrupted(dropped: Dropped) -> None:
    def main() -> int:
        dropped()
        return DONE

    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == INTERRUPTED
    check_interrupt()  # what this process does next is not interrupted


def test_an_error_that_an_interrupt_became_is_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    """As in torch and transformers, whose imports and callbacks raise errors of their own."""

    def main() -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise RuntimeError("the library failed") from None
        return DONE

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    signal.signal(signal.SIGTERM, before)
    assert ended.value.code == INTERRUPTED
    assert capsys.readouterr().err.startswith("Interrupted. Finished runs are kept")


def test_processes_of_a_command_do_not_receive_its_interrupts() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    with without_interrupts():
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (child.stdout, child.stderr) == ("goes on\n", "")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_signal_that_the_process_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        catch_interrupts(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
