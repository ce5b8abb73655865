"""What is on its way to a server: training goes on while the server is away, and all of it arrives in order."""

import threading
from collections.abc import Callable
from queue import Queue

Letter = Callable[[], object]
"""Sends itself, however long that takes; raises where it never can be."""


class Outbox:
    """Sends letters one after another, in a thread of its own."""

    def __init__(self) -> None:
        self._waiting: Queue[Letter] = Queue()
        self._failure: Exception | None = None
        self._sender: threading.Thread | None = None

    def put(self, letter: Letter) -> None:
        """Returns at once."""
        if self._sender is None:
            self._sender = threading.Thread(target=self._send, daemon=True)
            self._sender.start()
        self._waiting.put(letter)

    def flush(self) -> None:
        """Returns once all that was put has been sent; raises why a letter could not be."""
        self._waiting.join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _send(self) -> None:
        """A letter behind one that failed is not sent: a curve has no holes, it ends."""
        while True:
            letter = self._waiting.get()
            try:
                if self._failure is None:
                    letter()
            except Exception as error:
                self._failure = error
            finally:
                self._waiting.task_done()
