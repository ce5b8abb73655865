"""Locks by which processes take turns."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from benchmark.core.locks import run_lock
from tests.support.commands import interrupted
from tests.support.team_server import postgres_database

HOLDER = """
import sys
from benchmark.core.locks import run_lock
from tests.support.commands import interrupted
with run_lock(sys.argv[1], "k") as is_ours:
    print(is_ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres_database() as uri:
        yield uri


def is_free(uri: str, name: str = "k") -> bool:
    with run_lock(uri, name) as is_ours:
        return is_ours


def test_a_lock_of_a_postgresql_store_holds_for_every_cache(database: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, database]
    cache = os.environ | {"BENCHMARK_CACHE": str(tmp_path)}
    with subprocess.Popen(command, env=cache, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert not is_free(database)
        assert is_free(database, "another")
        holder.kill()
    with run_lock(database, "k", wait=True) as is_ours:  # PostgreSQL notices the end of a connection a little later
        assert is_ours


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_a_wait_for_a_lock_sees_an_interrupt(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    uri = request.getfixturevalue("database") if kind == "postgresql" else f"sqlite:///{tmp_path / 'mlflow.db'}"
    command = [sys.executable, "-c", HOLDER, uri]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        with pytest.raises(KeyboardInterrupt), interrupted(), run_lock(uri, "k", wait=True):
            pass
        holder.kill()


def test_the_end_of_a_connection_is_no_error_of_the_run(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    with run_lock(database, "k"):
        engine = create_engine(database, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'tester'"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
        engine.dispose()
    assert capfd.readouterr() == ("", "")
