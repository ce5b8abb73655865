"""Store of runs and their files in MLflow: runs are begun, written while they are active, and read as records."""

import math
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.config import IsEnding, TrackingConfig, cache_folder, is_local, never, resolve, sqlite_path
from tracking.provenance import provenance
from tracking.record_cache import RUNNING, RecordCache
from tracking.registry import TextModel
from tracking.runs import (
    PARAM_LIMIT,
    SUITE_TAG,
    TAG_LIMIT,
    ActiveRun,
    Record,
    cut_values,
    epoch_column,
    is_alive,
    is_stale,
)
from tracking.scratch import scratch_folder
from tracking.sqlite_store import SqliteStore, copy_from, copy_into, require_store
from tracking.ui import Layout, runs_url

if TYPE_CHECKING:
    from tracking.client import Client

NOTE = "mlflow.note.content"
"""The tag that MLflow's UI shows as a description, as Markdown."""


class Store:
    """Store of runs: one MLflow experiment per suite. Several processes may use one at the same time.

    An SQLite file is read without mlflow, which is imported at the first write. A pickled copy connects to the same
    store again when it is first used.
    """

    def __init__(self, config: TrackingConfig, layout: Layout, is_ending: IsEnding) -> None:
        self._config = config
        self._layout = layout
        self._is_ending = is_ending
        self._experiments: dict[str, str] = {}

    @classmethod
    def open(
        cls, uri: str | None = None, *, layout: Layout, create: bool = True, is_ending: IsEnding = never
    ) -> "Store":
        """Opens `uri`, else MLFLOW_TRACKING_URI, else the address in mlflow.yml, else sqlite:///mlflow.db.

        Raises StoreError within about ten seconds if the store does not answer or cannot be written, and NoStoreError
        if an SQLite file is missing and `create` is false.
        """
        store = cls(resolve(uri), layout, is_ending)
        if store._sqlite is None or create:
            store._client = store._connect(probe=True)
        else:
            require_store(store._sqlite.path)
        return store

    @property
    def uri(self) -> str:
        """Address of the store, with an absolute path."""
        return self._config.tracking_uri or ""

    @cached_property
    def _sqlite(self) -> SqliteStore | None:
        return SqliteStore(sqlite_path(self.uri), self._layout.groups) if is_local(self.uri) else None

    @cached_property
    def _client(self) -> "Client":
        return self._connect(probe=False)

    @cached_property
    def _cache(self) -> RecordCache:
        return RecordCache(self._client, cache_folder() / "runs")

    def __getstate__(self) -> dict[str, object]:
        own = ("_config", "_layout", "_is_ending", "_experiments")
        return {name: self.__dict__[name] for name in own}

    def begin(
        self,
        suite: str,
        name: str,
        *,
        tags: Mapping[str, str],
        params: Mapping[str, object],
        parent: str | None = None,
    ) -> ActiveRun:
        """Begins a run. Tags for commit, command, machine, versions and owner are added unless `tags` has them."""
        if suite not in self._experiments:
            note = {NOTE: self._layout.description.format(suite=suite)}
            self._experiments[suite] = self._client.experiment(suite, note)
        texts = {name: str(value) for name, value in params.items() if value is not None}
        short_tags, long_tags = cut_values({SUITE_TAG: suite, **provenance(), **tags}, TAG_LIMIT)
        short_params, long_params = cut_values(texts, PARAM_LIMIT)
        run_id = self._client.create_run(self._experiments[suite], name, short_tags, parent)
        run = ActiveRun(self._client, run_id)
        self._client.log_params(run_id, short_params)
        self._client.heartbeat.start(run_id)
        run.log_texts(long_tags | long_params)
        return run

    def resume(self, run_id: str) -> ActiveRun:
        """A run begun earlier, by any process, to be written again."""
        return ActiveRun(self._client, run_id, not_before=self._client.next_timestamp(run_id))

    def suites(self) -> list[str]:
        """Names of the suites that have an experiment, sorted."""
        return sorted(self._suites().values())

    def records(self, suite: str | None = None) -> list[Record]:
        """All runs of a suite, or of every suite, oldest first; empty for an unknown suite."""
        if self._sqlite:
            return self._sqlite.records(suite)
        suites = {e: name for e, name in self._client.experiments().items() if suite in (None, name)}
        return [record for e, name in suites.items() for record in self._cache.records(e, name)]

    def records_of_key(self, suite: str, key: str) -> list[Record]:
        """The suite's runs of one key, oldest first."""
        runs = self._client.runs(self._experiment_ids(suite), f"tags.key = '{key}'")
        return [Record.of(run, suite, self._layout.groups) for run in runs]

    def running_records(self) -> list[Record]:
        """Runs that have not ended, oldest first; their processes may be gone."""
        suites = self._client.experiments()
        runs = self._client.runs(list(suites), RUNNING)
        return [Record.of(run, suites[run.info.experiment_id], self._layout.groups) for run in runs]

    def is_running(self, suite: str, key: str, exclude: str = "") -> bool:
        """Whether a server's run of the key has a recent heartbeat; the run with the id `exclude` does not count.

        Processes of one machine need no server for that: see `benchmark.core.cache`.
        """
        now = self._client.server_time()
        if now is None:
            return False
        runs = self._client.runs(self._experiment_ids(suite), f"{RUNNING} AND tags.key = '{key}'")
        return any(is_alive(run, now) for run in runs if run.info.run_id != exclude)

    def kill_stale(self, keys: Collection[str] | None = None) -> list[str]:
        """Ends the runs (of `keys`, or all) that have lost their process, and returns their ids."""
        now = self._client.server_time()
        running = self._client.runs(list(self._client.experiments()), RUNNING)
        candidates = [run for run in running if keys is None or run.data.tags.get("key") in keys]
        stale = [run.info.run_id for run in candidates if is_stale(run, now)]
        for run_id in stale:
            ActiveRun(self._client, run_id).kill()
        return stale

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(epoch, value) of each point of a curve, in order; `metric` is named as in `ActiveRun.log_epoch`."""
        name = self._layout.groups.metric_name(epoch_column(metric))
        points = (self._sqlite or self._cache).history(run_id, name)
        return sorted((step, value) for step, value in points if math.isfinite(value))

    def is_deleted(self, run_id: str) -> bool:
        """Whether somebody deleted the run."""
        return self._client.is_deleted(run_id)

    def add_metrics(
        self, run_id: str, metrics: Mapping[str, float | None], tags: Mapping[str, str] | None = None
    ) -> None:
        """Logs metrics by column, as the latest ones, and tags to a run that may have ended."""
        self._client.log(run_id, metrics=metrics, tags=tags, not_before=self._client.next_timestamp(run_id))

    def files(self, run_id: str, folder: str) -> list[str]:
        """Paths of the content of a run's folder; empty for an unknown folder."""
        return self._client.files(run_id, folder)

    def text(self, run_id: str, path: str) -> str:
        """Content of a run's text file. Raises StoreError if there is none, ValueError if it is no text."""

        def read() -> str:
            with scratch_folder() as folder:
                return self.download(run_id, path, folder).read_text(encoding="utf-8")

        return read() if self._sqlite else self._cache.text(run_id, path, read)

    def download(self, run_id: str, path: str, to: Path) -> Path:
        """Copies a run's file or folder into the folder `to`, and returns the copy's path."""
        artifacts = self._sqlite.artifact_folder(run_id) if self._sqlite else None
        return copy_from(artifacts, path, to) if artifacts else self._client.download(run_id, path, to)

    def add_artifacts(self, run_id: str, folder: Path, path: str = "") -> None:
        """Copies the content of `folder` into a run's folder `path`, over older files; the run may have ended."""
        artifacts = self._sqlite.artifact_folder(run_id) if self._sqlite else None
        if artifacts:
            copy_into(artifacts, folder, path)
        else:
            self._client.log_artifacts(run_id, folder, path)
            self._client.mark_changed(run_id)

    def publish(self, run_id: str, name: str, alias: str, model: TextModel) -> str:
        """Registers a run's model as `name@alias` for `mlflow models serve`; returns `models:/NAME@ALIAS`."""
        return self._client.registry.publish(run_id, name, alias, model)

    def runs_url(self, suite: str) -> str:
        """Web address of the suite's runs, which a run's id completes; empty for an unknown suite."""
        ids = [experiment for experiment, name in self._suites().items() if name == suite]
        return runs_url(self.uri, ids[-1]) if ids else ""

    def view_url(self, suite: str) -> str:
        """Web address of the suite's saved view; empty for an unknown suite."""
        url = self.runs_url(suite)
        return url.rstrip("/") + self._layout.view.query() if url else ""

    def _connect(self, *, probe: bool) -> "Client":
        from tracking.client import Client  # imports mlflow, which takes seconds

        return Client(self._config, self._layout, self._is_ending, probe=probe)

    def _experiment_ids(self, suite: str) -> list[str]:
        own = self._experiments.get(suite)
        return [own] if own else [e for e, name in self._client.experiments().items() if name == suite]

    def _suites(self) -> dict[str, str]:
        """Suite by experiment id."""
        return self._sqlite.experiments() if self._sqlite else self._client.experiments()
