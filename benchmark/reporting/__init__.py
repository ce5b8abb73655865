"""Reports of a suite's runs, the folders that they are written to, and the files that pages are made of."""

import re
import tempfile
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from benchmark.core.errors import InputError
from benchmark.core.spec import digest

RESULTS = Path("results")
FOLDER_CHARACTERS = 60


def folder_name(suite: str) -> str:
    """The suite's name as a folder's name, of a length that file systems take."""
    name = re.sub(r"[/\\\0]", "_", suite).lstrip(".") or "suite"
    return name if len(name) <= FOLDER_CHARACTERS else f"{name[:FOLDER_CHARACTERS]}-{digest(suite)[:8]}"


def report_folder(path: Path) -> Path:
    """Creates the folder if it is missing. Raises InputError if it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"The output folder {path} cannot be written: {error.strerror}. Name another one.") from error
    return path


def asset(name: str) -> str:
    """Content of a file of assets/."""
    return (files("benchmark.reporting") / "assets" / name).read_text(encoding="utf-8")


@cache
def notes(section: str) -> tuple[str, ...]:
    """The prose of a section of reports, by paragraph."""
    return tuple(tomllib.loads(asset("notes.toml"))[section])
