"""The files of runs in a folder of this machine, copied without a client; each is there whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from tracking.errors import StoreError


def download(kept: Path, path: str, to: Path) -> Path:
    """Copies a file or folder of the run whose files lie in `kept` into the folder `to`; returns where it lies.

    Raises StoreError where the run has none of that name.
    """
    source, copy = kept / path, to / path
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, copy)
    except OSError as error:
        raise StoreError(f"The run's file {source} cannot be read: {error.strerror or error}.") from error
    return copy


def upload(folder: Path, kept: Path, path: str) -> None:
    """Copies what is in `folder` over the folder `path` of the run whose files lie in `kept`.

    Raises StoreError where a link would lead out of `kept`.
    """
    try:
        for source in sorted(found for found in folder.rglob("*") if found.is_file()):
            target = kept / path / source.relative_to(folder)
            if not target.parent.resolve().is_relative_to(kept.resolve()):
                raise StoreError(f"{target.parent} leads out of the run's files by a link. Remove the link.")
            _put(source, target)
    except OSError as error:
        raise StoreError(f"The run's files cannot be written to {kept}: {error.strerror or error}.") from error


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as scratch:
        shutil.copyfile(source, Path(scratch) / target.name)
        os.replace(Path(scratch) / target.name, target)
