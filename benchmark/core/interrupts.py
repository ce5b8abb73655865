"""Interrupts that cannot be lost.

Python raises KeyboardInterrupt wherever the main thread is; inside a destructor or a garbage collector's callback it is
printed and dropped. An interrupt is therefore recorded as well, and loops that train, measure or wait check the record.
"""

import signal
import threading

_requested = threading.Event()


def catch_interrupts(*signals: signal.Signals) -> None:
    """From now on each of `signals` is an interrupt, unless this process was started to ignore it."""
    forget_interrupt()
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def forget_interrupt() -> None:
    """Forgets a requested interrupt, which has been handled."""
    _requested.clear()


def check_interrupt() -> None:
    """Raises KeyboardInterrupt if one was requested."""
    if _requested.is_set():
        raise KeyboardInterrupt


def _interrupt(*_: object) -> None:
    _requested.set()
    raise KeyboardInterrupt
