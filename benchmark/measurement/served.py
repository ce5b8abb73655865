"""What answers texts: the bundle of a student or teacher, or a baseline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmark.bundle import Bundle
from students.baselines import NAME_FILE, load_baseline


class Served(Protocol):
    """A loaded model."""

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]: ...


def load_served(folder: Path, n_threads: int = 1) -> Served:
    """The model of a folder; baselines have one thread. Raises BundleError if it holds neither bundle nor baseline."""
    if not (folder / NAME_FILE).is_file():
        return Bundle.load(folder, n_threads=n_threads)
    return load_baseline(folder)
