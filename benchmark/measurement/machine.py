"""This machine: its fingerprint, its cores, and the lock that keeps training and measurements apart."""

import fcntl
import os
import platform
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import torch

from benchmark.core.locks import wait_until
from tracking import processor


def machine_fingerprint() -> dict[str, str]:
    """Hardware and software that latencies depend on; "unknown" if unreadable."""
    return {
        "cpu": processor() or "unknown",
        "architecture": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "logical_cores": str(os.cpu_count()),
        "usable_cores": str(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else "unknown",
        "quota": _first_line("/sys/fs/cgroup/cpu.max"),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{package: version(package) for package in ("torch", "onnxruntime", "tokenizers", "numpy")},
    }


def usable_cores() -> int:
    """Logical cores available to this process, which `taskset` or a scheduler may restrict."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip().splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


LOCK_FOLDER = Path(tempfile.gettempdir())
"""Shared by all users and checkouts of the machine, since they share its cores."""

Mode = Literal["shared", "exclusive"]
_MODES: dict[Mode, int] = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX}
_held = threading.local()
POLL_SECONDS = 0.1


@contextmanager
def machine_lock(mode: Mode, *, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Reader-writer lock of the machine: training holds it "shared", a measurement "exclusive".

    Waits without a limit, and calls `on_wait` first. A process that waits for "exclusive" holds the gate, so that later
    trainings cannot starve a measurement. The kernel frees the locks of a killed process. Raises RuntimeError inside
    another `machine_lock` of the same thread, which would wait for itself.
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
        if not _locked(descriptor, mode):
            if on_wait:
                on_wait()
            wait_until(lambda: _locked(descriptor, mode), POLL_SECONDS)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child process may still have it open
        os.close(descriptor)


def _locked(descriptor: int, mode: Mode) -> bool:
    """Whether the lock is free, and therefore taken. A call that waits for it would see no interrupt."""
    try:
        fcntl.flock(descriptor, _MODES[mode] | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    """Opens for reading, which is enough to lock: the file may be another user's."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT, 0o644)
        os.fchmod(descriptor, 0o644)  # in spite of the umask
        return descriptor
