"""How a store is asked: in order, with patience while it is busy or away, and with typed errors."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from tracking.config import SERVERS, is_local
from tracking.errors import StoreError
from tracking.interface import without_password
from tracking.outbox import Outbox
from tracking.patience import patience
from tracking.refusals import in_words

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class Asker:
    """Of one store. Every method raises StoreError, with what the store said, and nothing else."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._outbox = Outbox()

    def ask(self, question: Callable[[], Answer], or_else: str = "") -> Answer:
        """Asks once all that was sent has arrived. `or_else` is for a store's first question, and ends the error."""
        self._outbox.flush()
        return self._answer(question, or_else)

    def send(self, write: Callable[[], object]) -> None:
        """Writes to a file at once, to a server soon: what is asked next lets it go first, and fails if it failed."""
        if is_local(self._uri):
            self.ask(write)
        else:
            self._outbox.put(lambda: self._answer(write))

    def pages(self, page: Callable[[str | None], Sequence[Item]]) -> Iterator[Sequence[Item]]:
        """Each page, and what `page` has for its token, to the last."""
        token: str | None = None
        while True:
            items = self.ask(partial(page, token))
            yield items
            token = getattr(items, "token", None)
            if not token:
                return

    def server_time(self) -> int | None:
        """Milliseconds since 1970 by the server's clock; None where there is no server, or it does not tell."""
        if not self._uri.startswith(SERVERS):
            return None
        server = get_default_host_creds(self._uri)  # type: ignore[no-untyped-call]
        answer = self._answer(lambda: http_request(server, "/health", "GET"))  # type: ignore[no-untyped-call]
        told = answer.headers.get("Date")
        return int(parsedate_to_datetime(told).timestamp()) * 1000 if told else None

    def _answer(self, question: Callable[[], Answer], or_else: str = "") -> Answer:
        """Asks again while that may help."""
        begin = time.monotonic()
        while True:
            try:
                return question()
            except (MlflowException, RequestException, SQLAlchemyError, OSError, ImportError) as error:
                if time.monotonic() - begin >= patience(error, local=is_local(self._uri), first=bool(or_else)):
                    raise StoreError(f"{without_password(self._uri)}: {in_words(error, or_else)}") from error
            time.sleep(random.uniform(0.05, 0.5))
