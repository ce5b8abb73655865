"""Temporary folders of runs, and the removal of those that killed processes left."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracking import is_dead, owner

PREFIX = "which-student-run."
SLASH = "+"
"""For `/` of an owner, in a folder's name; host names do not contain it."""


@contextmanager
def run_folder() -> Iterator[Path]:
    """An empty folder for the block, whose name tells the process that it belongs to."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{owner().replace('/', SLASH)}.") as folder:
        yield Path(folder)


def remove_left_over() -> None:
    """Removes the folders of this machine's processes that have ended, as far as they are this user's."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        process, _, _ = folder.name.removeprefix(PREFIX).rpartition(".")
        if is_dead(process.replace(SLASH, "/")):
            shutil.rmtree(folder, ignore_errors=True)
