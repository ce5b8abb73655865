"""Folders that can be computed again: put in place whole or not at all, and never believed without their checksums.

A full disk, a broken copy or a flipped bit leave a file that still opens; a sum that does not fit tells.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmark.core.cache import file_digest

SUMS = "SHA256SUMS"
"""The folder's own list, as `sha256sum --check` reads it."""


def is_whole(folder: Path) -> bool:
    """Whether the folder holds what it was sealed with, byte for byte, and nothing besides."""
    try:
        return (folder / SUMS).read_text(encoding="utf-8") == _sums(folder)
    except (OSError, ValueError):
        return False


def seal(folder: Path) -> None:
    """Writes the list, over an older one."""
    (folder / SUMS).write_text(_sums(folder), encoding="utf-8")


def keep_folder(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Lets `fill` fill an empty folder beside, seals it and moves it to `folder`, in place of a broken one.

    A whole one stays: another process may have put it there meanwhile.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".", ignore_cleanup_errors=True) as scratch:
        draft = Path(scratch) / folder.name
        draft.mkdir()
        fill(draft)
        seal(draft)
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    return folder


def _sums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    return "".join(f"{file_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
