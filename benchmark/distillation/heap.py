"""Memory that a training step frees, kept for the next step."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt (man 3 mallopt)."""
DEFAULT_TRIM, NEVER, LARGEST_ON_HEAP = 128 * 1024, -1, 32 * 2**20


@contextmanager
def heap_kept() -> Iterator[None]:
    """Inside, glibc gives no freed memory back to the system; it does so at the end. Other allocators are left alone.

    By default it returns most of a step's activations at the end of its backward pass, and each page is cleared again
    at its first use in the next step.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(M_MMAP_THRESHOLD, LARGEST_ON_HEAP)
    libc.mallopt(M_TRIM_THRESHOLD, NEVER)
    try:
        yield
    finally:
        libc.mallopt(M_TRIM_THRESHOLD, DEFAULT_TRIM)
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "mallopt") else None
