"""Checkpoints in the cache, from which an interrupted training goes on exactly as it was after an epoch."""

import io
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import torch

from benchmark.core.cache import is_intact, read_checked, write_checked
from tracking import cache_folder

INTERVAL = 60.0
"""Minimum time between two checkpoints in s. A training that ends sooner writes none."""
MAX_AGE = 30 * 24 * 3600.0
"""Age in s from which a checkpoint is taken for one that nobody will continue."""

State = dict[str, Any]


@dataclass
class Checkpoint:
    """The checkpoint of one training, entered while it lasts: an interrupt keeps the file, any other end removes it."""

    path: Path | None
    """None for a training without checkpoints."""
    _written: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.path and (kind is None or issubclass(kind, Exception)):
            self.path.unlink(missing_ok=True)

    def save(self, state: Callable[[], State]) -> None:
        """Writes the state if the last one is INTERVAL old. Without space for it, the training goes on without."""
        if self.path and time.monotonic() - self._written >= INTERVAL:
            with suppress(OSError, RuntimeError):  # torch raises RuntimeError on a full disk
                write_checked(self.path, lambda draft: torch.save(state(), draft))
            self._written = time.monotonic()

    def load(self) -> State | None:
        """The last state written, on the CPU; None without an intact one."""
        if not self.path or not is_intact(self.path):
            return None
        file = io.BytesIO(read_checked(self.path))
        return cast("State", torch.load(file, map_location="cpu", weights_only=True))  # noqa: TID251 (optimiser states)


def random_state() -> State:
    """State of torch's global generators, of the CPU and of each GPU."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}


def set_random_state(state: State) -> None:
    """Restores what `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    torch.cuda.set_rng_state_all(state["cuda"][: torch.cuda.device_count()])


def remove_old_checkpoints() -> None:
    """Removes the checkpoints of this machine that are older than MAX_AGE."""
    for path in (cache_folder() / "checkpoints").glob("*"):
        with suppress(OSError):  # another process removes it too
            if time.time() - path.stat().st_mtime > MAX_AGE:
                path.unlink()
