"""Lease of a run: the process that owns it, and the heartbeat by which other machines know that it is alive."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.runs import CHANGED

if TYPE_CHECKING:
    from mlflow.entities import Run

OWNER = "owner"
"""Tag with the process that writes the run."""
INTERVAL_SECONDS = 60.0
ALIVE_MS = 5 * 60_000
"""A run with a more recent heartbeat is running."""
STALE_MS = 20 * 60_000
"""A run without one for longer, which no outage explains, has lost its process or its machine."""
MAX_PID = 2**31 - 1


class Heartbeat:
    """Heartbeat of a process's runs, sent by a background thread while there are any."""

    def __init__(self, send: Callable[[str], None] | None) -> None:
        """`send` marks the run of an id as changed; None for a store of this machine alone."""
        self._send = send
        self._runs: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def start(self, run_id: str) -> None:
        if self._send is None:
            return
        with self._lock:
            self._runs.add(run_id)
            if len(self._runs) == 1:
                self._stopped = threading.Event()
                threading.Thread(target=self._beat, args=[self._send, self._stopped], daemon=True).start()

    def stop(self, run_id: str) -> None:
        with self._lock:
            self._runs.discard(run_id)
            if not self._runs:
                self._stopped.set()

    def _beat(self, send: Callable[[str], None], stopped: threading.Event) -> None:
        """Errors are ignored: the next heartbeat makes up for a lost one."""
        while not stopped.wait(INTERVAL_SECONDS):
            for run_id in list(self._runs):
                with suppress(Exception):
                    send(run_id)


def is_alive(run: "Run", now: int) -> bool:
    """Whether an active run has a recent heartbeat; `now` is the server's time in ms."""
    return not is_dead(_owner(run)) and now - _last_change(run) < ALIVE_MS


def is_stale(run: "Run", now: int | None) -> bool:
    """Whether an active run has lost its process: it is dead, or its heartbeat stopped long ago.

    `now` is the server's time in ms, None without a server. A run that never had a heartbeat is not judged by it.
    """
    silent = now is not None and _last_change(run) > 0 and now - _last_change(run) > STALE_MS
    return silent or is_dead(_owner(run))


@cache
def owner() -> str:
    """This process as `host/boot/pid/start`, by which others can tell whether it is alive."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}/{_start(os.getpid())}"


def is_dead(process: str) -> bool:
    """Whether the process, an `owner()`, ran on this machine and has ended. Those of other machines are never dead."""
    try:
        host, boot, number, start = process.rsplit("/", 3)
        pid = int(number)
    except ValueError:
        return False
    if host != socket.gethostname() or not 0 < pid <= MAX_PID:
        return False
    return boot != _boot() or not _exists(pid) or _start(pid) != start


os.register_at_fork(after_in_child=owner.cache_clear)


def _owner(run: "Run") -> str:
    return str(run.data.tags.get(OWNER, ""))


def _last_change(run: "Run") -> int:
    return int(run.data.metrics.get(CHANGED, 0))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start(pid: int) -> str:
    """Start time in clock ticks, which tells a process from a later one with its number; empty outside Linux."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "zombie" if state == "Z" else rest[18]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
