"""What answers texts: the bundle of a student or teacher, or a baseline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmark.bundle import Bundle, BundleError
from benchmark.core.errors import RunError
from students.baselines import NAME_FILE, load_baseline


class Served(Protocol):
    """A loaded model."""

    def predict(self, texts: Sequence[Any], *, batch_size: int = 64) -> list[Any]: ...


def load_served(folder: Path, n_threads: int = 1) -> Served:
    """The model of a folder; baselines have one thread. Raises RunError for anything else, and for damage."""
    try:
        return load_baseline(folder) if (folder / NAME_FILE).is_file() else Bundle.load(folder, n_threads=n_threads)
    except (BundleError, ValueError) as error:
        raise RunError(str(error)) from error
