"""Who may use the machine now: many trainings, or one measurement."""

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

LOCK_FOLDER = Path(tempfile.gettempdir())
"""One for all users and checkouts of the machine: it is the cores that are guarded."""

Mode = Literal["shared", "exclusive"]
_MODES: dict[Mode, int] = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX}
_held = threading.local()


@contextmanager
def machine_lock(mode: Mode, *, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Training holds the machine "shared", a measurement "exclusive": so no two measurements overlap, nor do the two.

    Waits as long as it takes; `on_wait` is called when it has to. Who waits for "exclusive" keeps newcomers at the
    gate, so that a long row of trainings cannot starve a measurement. The kernel frees the locks of a killed process.
    Raises RuntimeError inside another `machine_lock` of the same thread, which would wait for itself.
    """
    if getattr(_held, "mode", None):
        raise RuntimeError(f"this thread holds the machine lock already ({_held.mode}); leave it first")
    with ExitStack() as held:
        with ExitStack() as gate:
            gate.enter_context(_file_lock("gate", mode, on_wait))
            held.enter_context(_file_lock("machine", mode, on_wait))
        _held.mode = mode
        try:
            yield
        finally:
            _held.mode = None


@contextmanager
def _file_lock(name: str, mode: Mode, on_wait: Callable[[], None] | None) -> Iterator[None]:
    descriptor = _open(LOCK_FOLDER / f"which-student-is-best.{name}.lock")
    try:
        try:
            fcntl.flock(descriptor, _MODES[mode] | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait:
                on_wait()
            fcntl.flock(descriptor, _MODES[mode])
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child process may still have it open
        os.close(descriptor)


def _open(path: Path) -> int:
    """For reading, which is enough to lock: the file may be another user's."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT, 0o644)
        os.fchmod(descriptor, 0o644)  # whatever the umask
        return descriptor
