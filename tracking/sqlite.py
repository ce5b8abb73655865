"""A new SQLite store: made whole beside its place and then moved there, by one process at a time.

MLflow creates its tables in many steps. Left to itself, a process killed between two of them leaves a file that can
never be opened again, and two processes that start at once disturb each other.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracking.errors import NoStoreError, StoreError

try:
    import fcntl
except ImportError:  # Windows has none: there, start one process first
    fcntl = None  # type: ignore[assignment]


def prepare(path: Path, *, create: bool) -> None:
    """Sees to it that the store at `path` is there and can be written; a reader (not `create`) creates nothing.

    Raises NoStoreError where there is none for a reader, StoreError where it cannot be written.
    """
    if not create:
        if _is_new(path):
            raise NoStoreError(f"There are no runs yet: {path} does not exist.")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"), _one_at_a_time(path.parent):
            if _is_new(path):
                _create(path)
    except OSError as error:
        raise StoreError(f"The run store {path} cannot be written: {error.strerror}. Name another one.") from error


def _create(path: Path) -> None:
    draft = path.with_name(f".{path.name}.new")
    for left_over in (draft, draft.with_name(f"{draft.name}-journal")):
        left_over.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's and alembic's, about tables of MLflow's; some come on import
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        made = SqlAlchemyStore(f"sqlite:///{draft}", str(path.parent / "mlartifacts"))  # type: ignore[no-untyped-call]
        made.engine.dispose()
    draft.replace(path)


def _is_new(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Locks the folder itself, so that no lock file is left behind."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
