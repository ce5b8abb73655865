"""What answers texts: the bundle of a student or teacher, or a baseline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmark.bundle import Bundle
from benchmark.bundle.files import MANIFEST


class Served(Protocol):
    """A loaded model."""

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]: ...


def load_served(folder: Path, n_threads: int = 1) -> Served:
    """The model of a folder; baselines have one thread."""
    if (folder / MANIFEST).is_file():
        return Bundle.load(folder, n_threads=n_threads)
    from students.baselines import load_baseline  # imported for baselines alone: memory and time to load are measured

    return load_baseline(folder)
