"""A second store, and a folder to search learning rates in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.measurement import machine as lock
from tests.support.tuning import save_teacher


@pytest.fixture
def other_uri(migrated_db: Path, tmp_path: Path) -> str:
    """Address of a second empty store."""
    (tmp_path / "other").mkdir()
    shutil.copy(migrated_db, tmp_path / "other" / "mlflow.db")
    return f"sqlite:///{tmp_path / 'other' / 'mlflow.db'}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, migrated_db: Path) -> Iterator[Path]:
    """A teacher's folder, a cache and a store, shared by all tests here: the teacher is fine-tuned once."""
    folder = tmp_path_factory.mktemp("tune") / "home"
    folder.mkdir()
    shutil.copy(migrated_db, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHMARK_CACHE", str(folder / "cache"))
        patch.setattr(lock, "LOCK_FOLDER", folder)
        save_teacher(folder / "bert")
        yield folder
