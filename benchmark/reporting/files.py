"""Files of a report get to their place whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmark.errors import InputError


def report_folder(path: Path) -> Path:
    """Creates the folder where it is missing; raises InputError where it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"The output folder {path} cannot be written: {error.strerror}. Name another one.") from error
    return path


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Lets `write` fill a file beside `path`, then moves it there: a reader finds the old file or the new one."""
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
    return write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"))
