"""Storage of studies: an Optuna database (SQLite, PostgreSQL, ...) or a journal file, checked before it is used."""

import logging
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
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
from tracking import without_password
from tracking.config import SQLITE, is_local, sqlite_path
from tracking.sqlite_store import DAMAGE

DEFAULT_FILE = "optuna.db"
LOCK_SECONDS = 60
"""Limit of the wait for another process that writes to SQLite."""
CONNECT_SECONDS = 10
"""Limit of the wait for a server."""
UNREADABLE = (UnicodeDecodeError, JSONDecodeError)
"""Errors about values of a damaged file."""
ALLOWED = (
    "Give an SQLite file (sqlite:///optuna.db), a database (postgresql+psycopg2://USER@HOST/NAME) or the path of a "
    "journal file; a database needs its driver, as psycopg2-binary."
)

optuna.logging.set_verbosity(optuna.logging.WARNING)
for _logger in ("alembic", "sqlalchemy"):
    logging.getLogger(_logger).setLevel(logging.ERROR)


def default_address(tracking_uri: str) -> str:
    """An SQLite file beside the tracking store, or in the working folder if the store is no file."""
    folder = sqlite_path(tracking_uri).parent if is_local(tracking_uri) else Path()
    return f"{SQLITE}{folder / DEFAULT_FILE}"


def open_storage(address: str) -> BaseStorage:
    """Opens a database by its URL or a journal by its path; creates a missing file.

    Raises InputError for an invalid address or a file of another program, TrackingError if it does not answer.
    """
    if "://" not in address and address == without_password(address):
        return _journal(Path(address))
    try:
        url = make_url(address)
        with storage_errors(address), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy warns about Optuna's tables
            return _database(url)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:  # ValueError: an invalid port
        raise InputError(
            f"Storage {without_password(address)!r} cannot be opened: {_message(error)}. {ALLOWED}"
        ) from error


@contextmanager
def storage_errors(address: str) -> Iterator[None]:
    """Raises TrackingError for the errors of a storage that does not answer, or is damaged."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise
    except (StorageInternalError, SQLAlchemyError, *UNREADABLE) as error:
        message = _message(error)
        if isinstance(error, UNREADABLE) or DAMAGE.search(message):
            raise _damaged(address, message) from error
        raise TrackingError(
            f"The storage {without_password(address)} does not answer: {message}. Start the same command again when "
            "it does."
        ) from error


def _damaged(address: str, message: str) -> TrackingError:
    return TrackingError(
        f"The storage {without_password(address)} is damaged: {message}. Restore a copy of it, or begin a new one "
        "with --storage."
    )


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
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:  # Optuna checks nothing
        raise _damaged(str(path), f"{type(error).__name__}: {_message(error)}") from error


def _database(url: URL) -> BaseStorage:
    options = _options(url)
    _require_own_tables(url, options)
    try:
        storage = RDBStorage(url.render_as_string(hide_password=False), engine_kwargs=options)
    except RuntimeError as error:  # an older or newer schema
        raise InputError(f"Storage {url!r}: {error}") from error
    if url.get_backend_name() == "sqlite":
        _serialize_transactions(storage)
    return storage


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": LOCK_SECONDS}}
    if url.get_backend_name() in ("postgresql", "mysql", "mariadb"):
        return {"connect_args": {"connect_timeout": CONNECT_SECONDS}, "pool_pre_ping": True}
    return {}


def _require_own_tables(url: URL, options: dict[str, Any]) -> None:
    """Raises InputError for another program's database: Optuna and MLflow would share a table `alembic_version`."""
    engine = sqlalchemy.create_engine(url, **options)
    try:
        tables = set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and "studies" not in tables:
        raise InputError(
            f"The database {url!r} holds tables of another program ({', '.join(sorted(tables)[:3])}, ...). "
            "Give studies a database of their own."
        )


def _serialize_transactions(storage: RDBStorage) -> None:
    """Takes SQLite's lock when a transaction begins: SQLite has no `SELECT ... FOR UPDATE`.

    Otherwise two processes that look for a waiting trial at once would both take it.
    """

    @sqlalchemy.event.listens_for(storage.engine, "connect")
    def _(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @sqlalchemy.event.listens_for(storage.engine, "begin")
    def _(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    storage.engine.dispose()


def _message(error: BaseException) -> str:
    """The driver's message in one line, else Optuna's."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
    text = " ".join(str(getattr(cause, "orig", None) or cause).split())
    return without_password(text)[:300].rstrip(".")
