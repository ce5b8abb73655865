"""The part of a bundle that serves: without the fp32 model where INT8 serves, and without other programs' files."""

import shutil
from pathlib import Path

from benchmark.bundle.files import BundleError, check_files, read_manifest, served_files
from benchmark.bundle.hub import located


def slim(folder: Path | str, target: Path | str) -> Path:
    """Writes the served files of a bundle, checked, into the new or empty folder `target`: what one deploys.

    `folder` is a folder or hf://owner/name[@revision]. Raises BundleError.
    """
    folder, target = located(folder), Path(target)
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BundleError(f"{target} exists and is not an empty folder. Name a new one.")
    target.mkdir(parents=True, exist_ok=True)
    for name in served_files(manifest):
        shutil.copyfile(folder / name, target / name)
    return target


def slim_bytes(folder: Path) -> int:
    """Bytes of the served files of a bundle."""
    return sum((folder / name).stat().st_size for name in served_files(read_manifest(folder)))
