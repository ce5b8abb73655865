"""The teacher's logits: computed once, stored once, read by every student."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.core.cache import cached_matrix
from benchmark.core.errors import RunError

LARGEST = float(np.finfo(np.float16).max)


def cached_logits(path: Path, n_targets: int, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float16]:
    """The memory-mapped logits [A, C] at `path`; computed and stored there first where no whole ones are.

    Words that the teacher did not see (no piece, or cut off) hold NaN; the student does not see them either, since it
    reads the teacher's pieces.
    """
    stored: NDArray[np.float16] = cached_matrix(path, lambda: compute().clip(-LARGEST, LARGEST).astype(np.float16))
    if len(stored) != n_targets:
        raise RunError(f"{path} holds {len(stored)} rows where {n_targets} are needed. Delete it and run again.")
    return stored
