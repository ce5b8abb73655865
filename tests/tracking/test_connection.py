"""Waits for a store that is away, in a process that is to end, as after Ctrl-C."""

import threading

import pytest
from requests.exceptions import ConnectionError as NoConnectionError

from tracking import StoreError, connection
from tracking.connection import Connection

SERVER = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are to apply are short; the others would end the test, late."""
    monkeypatch.setattr(connection, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(connection, "ENDING_SECONDS", 0.0)
    monkeypatch.setattr(connection, "AWAY_SECONDS", 5.0)


def test_a_request_is_not_retried_any_more() -> None:
    attempts: list[int] = []

    def request() -> None:
        attempts.append(len(attempts))
        raise NoConnectionError("away")

    with pytest.raises(StoreError, match="away"):
        Connection(SERVER, lambda: len(attempts) > 1).call(request)
    assert len(attempts) == 2


def test_points_that_cannot_be_sent_are_not_waited_for() -> None:
    answer = threading.Event()
    store = Connection(SERVER, lambda: True)
    store.send(lambda: answer.wait(5))
    with pytest.raises(StoreError, match="could not be sent"):
        store.call(lambda: None)
    answer.set()
