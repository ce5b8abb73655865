"""A store of a server whose clocks tests set."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from benchmark.core.run_store import open_store
from tracking import Record
from tracking.record_cache import MARGIN_MS

LATER_MS = 2 * MARGIN_MS


class ClockedStore:
    """A store with a cache, with two clocks that tests set: the server's, and this machine's at the start of a run."""

    def __init__(self, uri: str, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.suite = open_store(uri), suite
        self.client = self.store._client
        self.now = self.own_now = self.client.server_time() or 0
        self.requested: set[str] = set()
        monkeypatch.setattr(self.client, "server_time", lambda: self.now)
        monkeypatch.setattr(self.client, "runs", partial(self._counted, self.client.runs))
        monkeypatch.setattr(self.client, "create_run", partial(self._begun, self.client.create_run))

    def _counted(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        found = ask(*arguments, **options)
        self.requested |= {run.info.run_id for run in found}
        return found

    def _begun(self, create: Callable[..., str], *arguments: Any, start_time: int | None = None) -> str:
        return create(*arguments, start_time=start_time or self.own_now)

    def read(self) -> list[Record]:
        """A while after all that was done before."""
        self.requested.clear()
        self.now, self.own_now = self.now + LATER_MS, self.own_now + LATER_MS
        return self.store.records(self.suite)

    def server_records(self) -> list[Record]:
        """Records of the server, without the cache."""
        [experiment] = [e for e, suite in self.client.experiments().items() if suite == self.suite]
        seen = self.store._cache._request(experiment, self.suite).values()
        return sorted((one.record for one in seen), key=lambda record: record.start_time)
