"""Connection to a store: requests in order, retried while the store is busy or away, with typed errors."""

import random
import re
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from queue import Queue
from typing import TypeVar

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import RequestException
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from tracking.config import PROBE, IsEnding, StoreError, environment, is_local, is_server, without_password

BUSY = ("database is locked", "database table is locked")
"""SQLite's messages while another process writes."""
BUSY_SECONDS = 60.0
AWAY = re.compile("failed with (timeout )?exception(?!.*too many 500 )", re.DOTALL)
"""MLflow's message about a server that did not answer, after MLflow's own retries."""
AWAY_SECONDS = 600.0
"""Limit of the wait for a server or database that has answered before."""
ADVICE: dict[int, str] = {
    401: "the server does not know this account (401). Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to "
    "one that it has.",
    403: "this account lacks the permission (403). Ask an administrator of the server for it.",
}
"""Message by HTTP status."""
UNKNOWN_HOST = (
    "the server does not answer under this name (403). Use another address of it, or add the name to SERVER_NAME in "
    "its .env."
)
ERRORS = (MlflowException, RequestException, SQLAlchemyError, OSError, ImportError, UnicodeDecodeError)
"""The last is raised by SQLite about a damaged file."""
ENDING_SECONDS = 5.0
"""The same limit where the process is about to end."""
POLL_SECONDS = 0.5
CONNECT_SECONDS = 10
MAX_CHARACTERS = 600
OUTBOX = "outbox"
"""Name of the thread that sends what is not waited for."""

Request = Callable[[], object]
Answer = TypeVar("Answer")


class Connection:
    """Connection to one store. Methods raise StoreError, with the store's message, and nothing else."""

    def __init__(self, uri: str, is_ending: IsEnding) -> None:
        self._uri = uri
        self._is_ending = is_ending
        self._outbox = Outbox(is_ending)

    def call(self, request: Callable[[], Answer], hint: str = "") -> Answer:
        """The answer to a request, made after all that were sent before.

        A `hint`, the end of the error message, marks a store's first request: that one is not retried.
        """
        self._outbox.flush()
        return self._retry(request, hint)

    def send(self, request: Request) -> None:
        """Makes a request without waiting for a server; its error is raised by the next `call`."""
        if is_local(self._uri):
            self.call(request)
        else:
            self._outbox.put(lambda: self._retry(request))

    def server_time(self) -> int | None:
        """The server's clock, in ms since 1970; None without a server, or from one that does not give its time."""
        if not is_server(self._uri):
            return None
        server = get_default_host_creds(self._uri)  # type: ignore[no-untyped-call]
        answer = self._retry(lambda: http_request(server, "/health", "GET"))  # type: ignore[no-untyped-call]
        date = answer.headers.get("Date")
        return int(parsedate_to_datetime(date).timestamp()) * 1000 if date else None

    def _retry(self, request: Callable[[], Answer], hint: str = "") -> Answer:
        start = time.monotonic()
        while True:
            try:
                with environment(PROBE if self._is_ending() else {}):
                    return request()
            except ERRORS as error:
                limit = _retry_seconds(error, local=is_local(self._uri), first=bool(hint))
                if time.monotonic() - start >= (min(limit, ENDING_SECONDS) if self._is_ending() else limit):
                    raise StoreError(f"{without_password(self._uri)}: {_message(error, hint)}") from error
            time.sleep(random.uniform(0.1, 1) * POLL_SECONDS)


class Outbox:
    """Requests sent one after another by a background thread: training continues while a server is away."""

    def __init__(self, is_ending: IsEnding) -> None:
        self._is_ending = is_ending
        self._queue: Queue[Request] = Queue()
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None

    def put(self, request: Request) -> None:
        """Queues a request and returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._send, name=OUTBOX, daemon=True)
            self._thread.start()
        self._queue.put(request)

    def flush(self) -> None:
        """Returns once the queue is empty; raises the error of a request that failed.

        Where the process is to end, the queue has a few seconds left: `Queue.join` would wait for all of it.
        """
        done = self._queue.all_tasks_done
        with done:
            while not done.wait_for(self._is_empty, POLL_SECONDS):
                if self._is_ending() and not done.wait_for(self._is_empty, ENDING_SECONDS):
                    raise StoreError("The last points of the run's curves could not be sent in time.")
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _is_empty(self) -> bool:
        return not self._queue.unfinished_tasks

    def _send(self) -> None:
        """Requests after a failed one are dropped: a curve may end early, but has no gaps."""
        while True:
            request = self._queue.get()
            try:
                if self._failure is None:
                    request()
            except Exception as error:
                self._failure = error
            finally:
                self._queue.task_done()


def connect(uri: str) -> None:
    """Connects to a PostgreSQL database once: MLflow retries one that does not answer for almost two minutes."""
    options = {"connect_timeout": CONNECT_SECONDS}
    create_engine(uri, poolclass=NullPool, connect_args=options).connect().close()


def _retry_seconds(error: Exception, *, local: bool, first: bool) -> float:
    """Time for which a request that ends in `error` is retried."""
    if local:
        return BUSY_SECONDS if any(message in str(error) for message in BUSY) else 0
    return AWAY_SECONDS if _is_away(error) and not first else 0


def _is_away(error: Exception) -> bool:
    """Whether the server did not answer, or its database did not answer the server."""
    unavailable = getattr(error, "error_code", "") == "TEMPORARILY_UNAVAILABLE"
    return unavailable or isinstance(error, NoConnectionError) or AWAY.search(str(error)) is not None


def _message(error: Exception, hint: str) -> str:
    """Advice for a refused account or host name, else the error's message without SQL, followed by `hint`."""
    text = str(error).partition("[SQL:")[0].strip() or type(error).__name__
    message = without_password(" ".join(text.split()))[:MAX_CHARACTERS]
    if (status := _http_status(error)) in ADVICE:
        return UNKNOWN_HOST if "Invalid Host" in message else ADVICE[status]
    return f"{message}{hint}"


def _http_status(error: Exception) -> int:
    """HTTP status of an error of MLflow or requests; 0 if it has none."""
    if isinstance(error, MlflowException):
        return int(error.get_http_status_code())  # type: ignore[no-untyped-call]
    return int(getattr(getattr(error, "response", None), "status_code", 0))
