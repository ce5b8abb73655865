"""Interrupts that cannot be lost.

Python raises KeyboardInterrupt wherever the main thread is; inside a destructor or a garbage collector's callback it is
dropped, and libraries catch it or raise another error in its place. An interrupt is therefore recorded as well: loops
that train, measure or wait check the record, and so do handlers of errors.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

_requested = threading.Event()


def catch_interrupts(*signals: signal.Signals) -> None:
    """From now on each of `signals` is an interrupt, unless this process was started to ignore it."""
    forget_interrupt()
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    if getattr(sys.unraisablehook, "func", None) is not _report_unraisable:
        sys.unraisablehook = partial(_report_unraisable, sys.unraisablehook)
    if logging.lastResort:  # prints what libraries log without a handler, as SQLAlchemy does of an interrupted query
        logging.lastResort.addFilter(_is_worth_printing)


def forget_interrupt() -> None:
    """Forgets a requested interrupt, which has been handled."""
    _requested.clear()


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Processes that are started in the block never receive Ctrl-C, which a terminal sends to all processes of a
    command: the command ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_interrupted() -> bool:
    """Whether an interrupt was requested."""
    return _requested.is_set()


def check_interrupt() -> None:
    """Raises KeyboardInterrupt if one was requested."""
    if _requested.is_set():
        raise KeyboardInterrupt


def _interrupt(_: int, frame: FrameType | None) -> None:
    _requested.set()
    if frame is None or frame.f_code is not _report_unraisable.__code__:  # Python would drop it, and print so
        raise KeyboardInterrupt


def _is_worth_printing(record: logging.LogRecord) -> bool:
    """False for an error that a library meets on the way out of an interrupt."""
    return not (record.exc_info and _requested.is_set())


def _report_unraisable(report: Callable[["sys.UnraisableHookArgs"], Any], dropped: "sys.UnraisableHookArgs") -> None:
    """Prints no traceback of a dropped interrupt, which is recorded."""
    if not (_requested.is_set() and issubclass(dropped.exc_type, KeyboardInterrupt)):
        report(dropped)
