"""Runs of a command, while they go on and after."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mlflow import MlflowClient

from tracking import Record, Store

SECONDS = 1200
"""Longer than a machine with ten other jobs a core needs to begin a run."""
ENDLESS = ("--max-epochs", "1000000", "--max-steps", "1000000")
"""For runs that are to be ended in the middle of their work."""


def statuses(store: Store, role: str = "train") -> list[tuple[str, str]]:
    """(student.setting, status), oldest first."""
    return [
        (f"{record.tags['student']}.{record.tags['setting']}", record.status)
        for record in store.records()
        if record.tags["role"] == role
    ]


def of_role(records: list[Record], role: str) -> list[Record]:
    return [record for record in records if record.tags["role"] == role]


def delete(store: Store, run_id: str) -> None:
    """As MLflow's UI does."""
    MlflowClient(store.uri).delete_run(run_id)


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def running(folder: Path) -> dict[str, int]:
    """Process id by name of the training runs that go on."""
    query = (
        "select runs.name, tags.value from runs join tags on tags.run_uuid = runs.run_uuid "
        "where runs.status = 'RUNNING' and tags.key = 'owner'"
    )
    with closing(sqlite3.connect(f"file:{folder / 'mlflow.db'}?mode=ro", uri=True, timeout=30)) as database:
        return {name: int(owner.rsplit("/", 2)[1]) for name, owner in database.execute(query)}
