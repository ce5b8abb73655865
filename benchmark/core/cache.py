"""Files that can be computed again: where they lie, and how they get there whole or not at all."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.core.errors import InputError
from tracking import cache_folder

N_SUM = 64
"""Characters of a SHA-256 in hex, which ends the file of an array; numpy reads no further than the array."""


def require_writable(folder: Path, what: str, named_by: str) -> None:
    """Raises InputError where `folder` can be neither made nor written; nothing is made that stays.

    `named_by` is the option or variable that names another one.
    """
    standing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=standing):
            pass
    except OSError as error:
        raise InputError(
            f"The {what} {folder} cannot be written: {error.strerror}. Name another one by {named_by}."
        ) from error


def logits_folder(teacher: str) -> Path:
    """Of all logits of one teacher, by the id of its run: runs of one key in two stores may differ."""
    return cache_folder() / "logits" / teacher


def logits_path(teacher: str, texts_digest: str) -> Path:
    """Of one teacher's logits over some texts."""
    return logits_folder(teacher) / f"{texts_digest}.npy"


def vectors_path(digest: str) -> Path:
    """Of an embedding matrix that fastText trained or a vector file gave."""
    return cache_folder() / "vectors" / f"{digest}.npy"


def file_set_folder(key: str) -> Path:
    """Where the files of another machine lie that were fetched from the store."""
    return cache_folder() / "parcels" / key


def augmented_path(digest: str) -> Path:
    """Of texts made from a data set's labelled ones."""
    return cache_folder() / "augmented" / f"{digest}.json"


def lock_path(name: str) -> Path:
    """Of a file whose lock lets one process of this machine at a time do something."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.lock"


def write_atomic(path: Path, write: Callable[[Path], object]) -> Path:
    """Lets `write` fill a file beside `path`, then moves it there: a reader finds the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    draft = Path(name)
    try:
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """As `write_atomic`, in UTF-8."""
    return write_atomic(path, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"))


def cached_matrix(path: Path, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The memory-mapped matrix at `path`; computed and stored there first where no whole one is."""
    stored = _read_array(path)
    if stored is None or stored.ndim != 2:
        write_array(path, compute())
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    return stored


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Atomically, with the checksum at its end: a reader finds the whole array or none."""
    write_atomic(path, lambda draft: _fill(draft, array))


def _fill(draft: Path, array: NDArray[Any]) -> None:
    with draft.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    total = file_digest(draft)
    with draft.open("ab") as file:
        file.write(total.encode())


def _read_array(path: Path) -> NDArray[Any] | None:
    """None where there is no file, or not the bytes that were written."""
    try:
        content = np.memmap(path, dtype=np.uint8, mode="r")
        if hashlib.sha256(content[:-N_SUM].data).hexdigest().encode() != content[-N_SUM:].tobytes():
            return None
        stored: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return stored


def teacher_folder(teacher: str) -> Path:
    """Where the model and tokenizer that a teacher's run made lie, as `from_pretrained` reads them."""
    return cache_folder() / "teachers" / teacher


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


SUMS = "SHA256SUMS"
"""The folder's own list, as `sha256sum --check` reads it."""


def verify(folder: Path) -> bool:
    """Whether the folder holds what it was sealed with, byte for byte, and nothing besides."""
    try:
        return (folder / SUMS).read_text(encoding="utf-8") == _sums(folder)
    except (OSError, ValueError):
        return False


def write_checksums(folder: Path) -> None:
    """Writes the list, over an older one."""
    (folder / SUMS).write_text(_sums(folder), encoding="utf-8")


def write_dir_atomic(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Lets `fill` fill an empty folder beside, seals it and moves it to `folder`, in place of a broken one.

    A whole one stays: another process may have put it there meanwhile.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".", ignore_cleanup_errors=True) as scratch:
        draft = Path(scratch) / folder.name
        draft.mkdir()
        fill(draft)
        write_checksums(draft)
        if not verify(folder):
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    return folder


def _sums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    return "".join(f"{file_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
