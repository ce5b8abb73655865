"""Where studies are kept: an Optuna database (SQLite, PostgreSQL, ...) or a journal file, checked before it is used."""

import logging
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from benchmark.core.errors import InputError, TrackingError

DEFAULT_FILE = "optuna.db"
SQLITE = "sqlite:///"
PATIENCE_SECONDS = 60
"""How long SQLite waits for another process that writes."""
CONNECT_SECONDS = 10
"""How long a server may take to answer."""
ALLOWED = (
    "Give an SQLite file (sqlite:///optuna.db), a database (postgresql+psycopg2://USER@HOST/NAME) or the path of a "
    "journal file; a database needs its driver, as psycopg2-binary."
)

optuna.logging.set_verbosity(optuna.logging.WARNING)
for _logger in ("alembic", "sqlalchemy"):
    logging.getLogger(_logger).setLevel(logging.ERROR)


def default_address(tracking_uri: str) -> str:
    """An SQLite file beside the tracking store, or in the working folder where that is no file."""
    if not tracking_uri.startswith(SQLITE):
        return f"{SQLITE}{DEFAULT_FILE}"
    return f"{SQLITE}{Path(tracking_uri.removeprefix(SQLITE).partition('?')[0]).with_name(DEFAULT_FILE)}"


def shown(address: str) -> str:
    """The address without its password, even where it is no address."""
    return re.sub(r"(://[^/]*?:).*@", r"\1***@", address)


def open_storage(address: str) -> BaseStorage:
    """Opens a database by its URL or a journal by its path; makes a file where there is none.

    Raises InputError for an address that is none or holds something else, TrackingError where it does not answer.
    """
    if "://" not in address:
        return _journal(Path(address))
    try:
        url = make_url(address)
        with answering(address), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about tables of Optuna's
            return _database(url)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:  # ValueError: a port that is none
        raise InputError(f"Storage {shown(address)!r} cannot be opened: {_said(error)}. {ALLOWED}") from error


@contextmanager
def answering(address: str) -> Iterator[None]:
    """Turns what a storage raises when it does not answer into one message."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise
    except (StorageInternalError, SQLAlchemyError) as error:
        raise TrackingError(
            f"The storage {shown(address)} does not answer: {_said(error)}. The study in it is as it was; start the "
            "same command again when it does."
        ) from error


def _journal(path: Path) -> BaseStorage:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            start = file.read(16)
        if start and not start.startswith(b"{"):
            raise InputError(f"{path} is no journal file of Optuna's. {ALLOWED}")
        return JournalStorage(JournalFileBackend(str(path)))
    except OSError as error:
        raise TrackingError(f"The storage {path} cannot be written: {error.strerror}. {ALLOWED}") from error


def _database(url: URL) -> BaseStorage:
    options = _options(url)
    _refuse_strangers(url, options)
    try:
        storage = RDBStorage(url.render_as_string(hide_password=False), engine_kwargs=options)
    except RuntimeError as error:  # an older or newer schema
        raise InputError(f"Storage {shown(str(url))}: {error}") from error
    if url.get_backend_name() == "sqlite":
        _write_in_turn(storage)
    return storage


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": PATIENCE_SECONDS}}
    if url.get_backend_name() in ("postgresql", "mysql", "mariadb"):
        return {"connect_args": {"connect_timeout": CONNECT_SECONDS}, "pool_pre_ping": True}
    return {}


def _refuse_strangers(url: URL, options: dict[str, Any]) -> None:
    """MLflow and Optuna both keep a table `alembic_version`: one in the other's database destroys it."""
    engine = sqlalchemy.create_engine(url, **options)
    try:
        tables = set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and "studies" not in tables:
        raise InputError(
            f"The database {shown(str(url))} holds tables of another program ({', '.join(sorted(tables)[:3])}, ...). "
            "Give studies a database of their own."
        )


def _write_in_turn(storage: RDBStorage) -> None:
    """SQLite knows no `SELECT ... FOR UPDATE`: each transaction takes the file's lock before it reads.

    Without, two processes that look for a waiting trial at once both take it.
    """

    @sqlalchemy.event.listens_for(storage.engine, "connect")
    def _(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @sqlalchemy.event.listens_for(storage.engine, "begin")
    def _(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    storage.engine.dispose()


def _said(error: BaseException) -> str:
    """What the driver said, in one line; Optuna's own sentence where there is none."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
    return " ".join(str(getattr(cause, "orig", None) or cause).split())[:300].rstrip(".")
