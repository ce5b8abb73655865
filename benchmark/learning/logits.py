"""The teacher's logits: computed once, stored once, read by every student."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import RunError
from benchmark.storage import write_array

LARGEST = float(np.finfo(np.float16).max)


def stored_logits(path: Path, n_answers: int, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float16]:
    """The memory-mapped logits [A, C] at `path`; computed and stored there first where there are none.

    Words that the teacher did not see (no piece, or cut off) hold NaN; the student does not see them either, since it
    reads the teacher's pieces.
    """
    stored = _open(path)
    if stored is None:
        write_array(path, compute().clip(-LARGEST, LARGEST).astype(np.float16))
        stored = np.load(path, mmap_mode="r")
    if len(stored) != n_answers:
        raise RunError(f"{path} holds {len(stored)} rows where {n_answers} are needed. Delete it and run again.")
    return stored


def _open(path: Path) -> NDArray[np.float16] | None:
    """The array at `path`; None where there is no file, or one that a full disk or a broken copy left unreadable."""
    try:
        stored: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return stored if stored.ndim == 2 else None
