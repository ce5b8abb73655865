"""Temporary folders, and the removal of those that killed processes left.

Each is named after its process and listed in the cache, so that a later command finds it wherever it lies.
"""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tracking.config import cache_folder
from tracking.provenance import is_dead, owner

PREFIX = ".which-student."
SLASH = "+"
"""For `/` of an owner, in a folder's name; host names do not contain it."""


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """An empty folder for the block.

    It is in the folder of `beside`, to which files can then be moved atomically, or in the system's temporary folder.
    """
    parent = beside.parent.absolute() if beside else Path(tempfile.gettempdir())
    folder = parent / f"{PREFIX}{owner().replace('/', SLASH)}.{uuid.uuid4().hex[:8]}"
    entry = _list() / folder.name
    with suppress(OSError):  # without a writable cache it is not listed
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.symlink_to(folder)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder, entry)


def remove_left_over() -> None:
    """Removes the listed folders of this machine's processes that have ended."""
    for entry in _list().glob(f"{PREFIX}*"):
        process, _, _ = entry.name.removeprefix(PREFIX).rpartition(".")
        with suppress(OSError):  # another process removes it too
            if is_dead(process.replace(SLASH, "/")) and entry.readlink().name == entry.name:
                _remove(entry.readlink(), entry)


def _list() -> Path:
    return cache_folder().absolute() / "scratch"


def _remove(folder: Path, entry: Path) -> None:
    """The entry goes last, so that an interrupted removal is found again."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        entry.unlink(missing_ok=True)
