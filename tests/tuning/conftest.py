"""Addresses of storages."""

from pathlib import Path

import pytest


@pytest.fixture(params=["database", "journal"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'optuna.db'}" if request.param == "database" else str(tmp_path / "journal.log")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'optuna.db'}"
