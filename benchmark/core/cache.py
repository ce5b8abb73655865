"""The cache: paths of files that can be computed again, atomic writes, and checksums verified at each read.

A full disk, a broken copy or a flipped bit leaves a file that still opens. A cached file therefore ends with the
SHA-256 of its content, and a cached folder holds a list of checksums; a mismatch is computed again.
"""

import hashlib
import json
import mmap
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmark.core.errors import InputError
from tracking import cache_folder, scratch_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_DIGEST = 64
"""Hex characters of a SHA-256. NumPy reads an array and ignores the bytes after it."""
CHECKSUMS = "SHA256SUMS"
"""A folder's list of checksums, as `sha256sum --check` reads it."""


def require_writable(folder: Path, name: str, option: str) -> None:
    """Raises InputError if `folder` can be neither created nor written; leaves nothing behind.

    `name` describes the folder, `option` is the option or variable that sets another one.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise InputError(
            f"The {name} {folder} cannot be written: {error.strerror}. Set another one with {option}."
        ) from error


# --- Paths -----------------------------------------------------------------------------------------------------------


Kind = Literal[
    "teachers",
    "logits",
    "checkpoints",
    "checked_teachers",
    "checked_models",
    "unread",
    "vectors",
    "vocabularies",
    "sessions",
]
"""What is cached: models and tokenizers of teachers and their logits, by the id of their run (runs of equal key in two
stores may differ); states of trainings that have not ended; teachers, and models of back-translation, that passed their
check; counts of texts beyond the maximum length; embedding matrices, trained by fastText or read from a file;
tokenizers trained on the data sets; sessions of measurements that were interrupted."""


def cache_path(kind: Kind, name: str) -> Path:
    """File or folder of something that is cached."""
    return cache_folder() / kind / name


def augmented_path(key: str) -> Path:
    """File of texts generated from a data set's labelled texts."""
    return cache_folder() / "augmented" / f"{key}.json"


# --- Files -----------------------------------------------------------------------------------------------------------


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, write: Callable[[Path], object]) -> Path:
    """Calls `write` with a temporary file beside `path`, then renames it: readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(beside=path) as scratch:
        draft = scratch / path.name
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    return path


def write_text(path: Path, text: str) -> Path:
    """Writes `text` atomically, in UTF-8."""
    return write_atomic(path, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"))


def is_intact(path: Path) -> bool:
    """Whether the file exists and ends with the checksum of the bytes before it."""
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            memoryview(content) as view,
            view[:-N_DIGEST] as checked,
        ):
            return hashlib.sha256(checked).hexdigest().encode() == content[-N_DIGEST:]
    except (OSError, ValueError):  # no file, or an empty one
        return False


def cached_matrix(path: Path, compute: "Callable[[], NDArray[Any]]") -> "NDArray[Any]":
    """The memory-mapped matrix at `path`; computed and written first unless an intact one is there."""
    import numpy as np  # here: commands that list start without it

    if not is_intact(path):
        write_array(path, compute())
    stored: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return stored


def write_array(path: Path, array: "NDArray[Any]") -> None:
    """Writes an array atomically, with its checksum."""
    import numpy as np

    write_checked(path, lambda draft: np.save(draft, array, allow_pickle=False))


def cached_json(path: Path, compute: Callable[[], Any]) -> Any:
    """The JSON value at `path`; computed and written first unless an intact one is there."""
    if not is_intact(path):
        write_json(path, compute())
    return read_json(path)


def read_json(path: Path) -> Any:
    """The value that `write_json` wrote."""
    return json.loads(read_checked(path))


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON value atomically, with its checksum."""
    text = json.dumps(value, ensure_ascii=False)
    write_checked(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def read_checked(path: Path) -> bytes:
    """The bytes that `write_checked` wrote, without their checksum."""
    return path.read_bytes()[:-N_DIGEST]


def write_checked(path: Path, write: Callable[[Path], object]) -> None:
    """Calls `write` with a temporary file, appends its checksum, and renames it to `path`."""

    def write_and_append(draft: Path) -> None:
        write(draft)
        checksum = file_digest(draft)
        with draft.open("a", encoding="ascii") as file:
            file.write(checksum)

    write_atomic(path, write_and_append)


# --- Folders ---------------------------------------------------------------------------------------------------------


def write_dir_atomic(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Calls `fill` with an empty temporary folder, adds its checksums, and renames it to `folder`.

    An intact `folder` stays: another process may have put it there meanwhile. A broken one is replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(beside=folder) as scratch:
        draft = scratch / folder.name
        draft.mkdir()
        fill(draft)
        (draft / CHECKSUMS).write_text(_checksums(draft), encoding="utf-8")
        if not verify(folder):
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    return folder


def verify(folder: Path) -> bool:
    """Whether the folder holds the files on its list of checksums, byte for byte, and nothing else."""
    try:
        return (folder / CHECKSUMS).read_text(encoding="utf-8") == _checksums(folder)
    except (OSError, ValueError):
        return False


def _checksums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / CHECKSUMS)
    return "".join(f"{file_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
