"""Where the files of runs lie on this machine: a store holds absolute paths, and is often fetched from another one."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracking.errors import StoreError


def folder_of(address: str, run_id: str) -> Path | None:
    """The folder that a run's artifact address names; None where that is no folder of this machine.

    Raises StoreError where it cannot be the run's own: a store may be anyone's, and name any folder.
    """
    where = urlsplit(address)
    if where.scheme != "file" or where.netloc:
        return None
    folder = Path(unquote(where.path))
    _require_own(folder, run_id)
    return folder


def lying(folders: Collection[Path], beside: Path) -> dict[Path, Path]:
    """Of the folders that a store names, where those are that are there: a run without files has none.

    They are where the store says or, where they went together with it, in `beside`. Raises StoreError where none is in
    either: they were left behind, and what else lies there is another store's.
    """
    found = {folder: place for folder in folders for place in _places(folder, beside) if place.is_dir()}
    roots = {_root(folder) for folder in folders}
    if not found and any(root != beside or root.exists() for root in roots):
        tried = " or ".join(map(str, sorted({*roots, beside})))
        raise StoreError(f"None of the runs has files in {tried}. Copy the folder {beside.name} beside their store.")
    return found


def require_no_links(folder: Path, run_id: str) -> None:
    """Raises StoreError where what lies in a run's folder may lie elsewhere."""
    _require_own(folder.resolve(), run_id)
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise StoreError(f"{path} is a link, which may lead anywhere. Remove it, or put the file in its place.")


def _require_own(folder: Path, run_id: str) -> None:
    if folder.parts[-2:] != (run_id, "artifacts") or len(folder.parts) < 4:
        raise StoreError(f"Run {run_id} says that its files lie in {folder}, which is no folder of a run's own.")


def _places(folder: Path, beside: Path) -> tuple[Path, Path]:
    """The likelier last."""
    return beside / folder.relative_to(_root(folder)), folder


def _root(folder: Path) -> Path:
    """Of all files of a store: below it stands a folder of the experiment, in that one of the run, and `artifacts`."""
    return folder.parents[2]
