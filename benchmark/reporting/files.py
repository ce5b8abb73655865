"""Files of a report get to their place whole or not at all."""

import tempfile
from pathlib import Path

from benchmark.errors import InputError
from benchmark.storage import write_whole

__all__ = ["report_folder", "write_text", "write_whole"]


def report_folder(path: Path) -> Path:
    """Creates the folder where it is missing; raises InputError where it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"The output folder {path} cannot be written: {error.strerror}. Name another one.") from error
    return path


def write_text(path: Path, text: str) -> Path:
    return write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"))
