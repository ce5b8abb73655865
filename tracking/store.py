"""Runs and their files, kept in MLflow: begun, written while they go on, and read back as records."""

import math
import tempfile
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracking import files, tables
from tracking.config import TrackingConfig, cache_folder, is_local, resolve, sqlite_path
from tracking.interface import runs_url, view_url
from tracking.live import PARAM_LIMIT, TAG_LIMIT, ActiveRun, epoch_name, grouped_metrics, plain_texts, shortened
from tracking.models import TextModel, publish
from tracking.names import metric_name
from tracking.provenance import OWNER, command, git_commit, machine, owner, versions
from tracking.pulse import is_alive, is_stale
from tracking.record import SUITE_TAG, Record, record_of
from tracking.remembered import GOING_ON, Remembered
from tracking.sqlite import prepare

if TYPE_CHECKING:
    from tracking.client import Client

NOTE = "mlflow.note.content"
DESCRIPTION = """Runs of the suite **{suite}**: teachers, students and measurements.

Filter by tags, as `tags.role = 'train' AND tags.smoke = 'false'`; group by `student` and `setting` to average seeds.
`score/test_f1` is F1 in 0..1, `size/*_mib` MiB, `latency/*_ms` milliseconds.
"""


class Store:
    """A store of runs: one MLflow experiment per suite. `open` makes one; several processes may share its address.

    What is read of an SQLite file comes from its tables (`tables.py`); mlflow is imported once something is written.
    """

    def __init__(self, where: TrackingConfig) -> None:
        self._where = where
        self._experiments: dict[str, str] = {}

    @classmethod
    def open(cls, uri: str | None = None, config: Path | None = None, *, create: bool = True) -> "Store":
        """Opens `uri`, else MLFLOW_TRACKING_URI, else what mlflow.yml (`config`) says, else sqlite:///mlflow.db.

        Raises StoreError within about ten seconds where the store does not answer or cannot be written, and
        NoStoreError where an SQLite file is missing and `create` is false.
        """
        store = cls(resolve(uri, config))
        if store._file is None or create:
            store._client  # noqa: B018  (asks the first question)
        else:
            prepare(store._file, create=False)
        return store

    @property
    def uri(self) -> str:
        """Address of the store; paths in it are absolute."""
        return self._where.tracking_uri or ""

    @property
    def _file(self) -> Path | None:
        """Of an SQLite store."""
        return sqlite_path(self.uri) if is_local(self.uri) else None

    @cached_property
    def _client(self) -> "Client":
        from tracking.client import Client  # imports mlflow, which takes seconds

        return Client(self._where)

    @cached_property
    def _remembered(self) -> Remembered:
        return Remembered(self._client, cache_folder() / "runs")

    def begin(
        self,
        suite: str,
        name: str,
        *,
        tags: Mapping[str, str],
        params: Mapping[str, object],
        parent: str | None = None,
    ) -> "ActiveRun":
        """A new run, named for people. Commit, command, machine and versions are added where `tags` lack them."""
        if suite not in self._experiments:
            self._experiments[suite] = self._client.experiment(suite, {NOTE: DESCRIPTION.format(suite=suite)})
        own = {
            SUITE_TAG: suite,
            "git_commit": git_commit(),
            "machine": machine(),
            "versions": versions(),
            "command": command(),
            OWNER: owner(),
        }
        short_tags, long_tags = shortened({**own, **tags}, TAG_LIMIT)
        short_params, long_params = shortened(plain_texts(params), PARAM_LIMIT)
        run_id = self._client.create(self._experiments[suite], name, short_tags, parent)
        run = ActiveRun(self._client, run_id)
        self._client.write_params(run_id, short_params)
        self._client.pulse.begin(run_id)
        run.log_texts(long_tags | long_params)
        return run

    def resume(self, run_id: str) -> "ActiveRun":
        """A run that was begun before, by this process or another, to be written to and finished (again)."""
        return ActiveRun(self._client, run_id, not_before=self._client.after(run_id))

    def records(self, suite: str | None = None) -> list[Record]:
        """All runs of a suite, or of every suite, oldest first. A suite that nobody has run has none."""
        if self._file:
            return tables.records(self._file, suite)
        wanted = {e: name for e, name in self._client.experiments().items() if suite in (None, name)}
        return [record for e, name in wanted.items() for record in self._remembered.records(e, name)]

    def records_of_key(self, suite: str, key: str) -> list[Record]:
        """The suite's runs of one key, oldest first."""
        return [record_of(run, suite) for run in self._client.runs(self._experiments_of(suite), f"tags.key = '{key}'")]

    def is_running(self, suite: str, key: str, exclude: str = "") -> bool:
        """Whether a run of the key, `exclude` aside, gives signs of life on a server.

        Those of one machine know of each other without a server: see `benchmark.core.locks`.
        """
        now = self._client.server_time()
        if now is None:
            return False
        runs = self._client.runs(self._experiments_of(suite), f"{GOING_ON} AND tags.key = '{key}'")
        return any(is_alive(run, now) for run in runs if run.info.run_id != exclude)

    def running_records(self) -> list[Record]:
        """The runs that have begun and not ended, oldest first; their processes may be gone."""
        suites = self._client.experiments()
        runs = self._client.runs(list(suites), GOING_ON)
        return [record_of(run, suites[run.info.experiment_id]) for run in runs]

    def files(self, run_id: str, folder: str) -> list[str]:
        """Paths of what lies in a run's folder; none where there is no such folder."""
        return self._client.files(run_id, folder)

    def suites(self) -> list[str]:
        """Names of the suites that have an experiment, sorted."""
        return sorted(self._suites().values())

    def download(self, run_id: str, path: str, to: Path) -> Path:
        """Copies a file or folder of a run into the folder `to`; returns where it lies."""
        kept = tables.artifact_folder(self._file, run_id) if self._file else None
        return files.download(kept, path, to) if kept else self._client.download(run_id, path, to)

    def text(self, run_id: str, path: str) -> str:
        """What a text file of a run says. Raises StoreError where there is none, ValueError where it is no text."""

        def read() -> str:
            with tempfile.TemporaryDirectory() as folder:
                return self.download(run_id, path, Path(folder)).read_text(encoding="utf-8")

        return read() if self._file else self._remembered.text(run_id, path, read)

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """A curve of a run as (epoch, value), in order; `metric` is named as in `ActiveRun.log_epoch`."""
        name = metric_name(epoch_name(metric))
        points = tables.history(self._file, run_id, name) if self._file else self._remembered.history(run_id, name)
        return sorted((step, value) for step, value in points if math.isfinite(value))

    def runs_url(self, suite: str) -> str:
        """Start of the web address of the suite's runs, to be followed by a run's id; empty for an unknown suite."""
        known = {name: experiment for experiment, name in self._suites().items()}
        return runs_url(self.uri, known[suite]) if suite in known else ""

    def view_url(self, suite: str) -> str:
        """Web address of the suite's runs as its saved view shows them; empty for an unknown suite."""
        known = {name: experiment for experiment, name in self._client.experiments().items()}
        return view_url(self.uri, known[suite]) if suite in known else ""

    def add_metrics(self, run_id: str, metrics: Mapping[str, float | None]) -> None:
        """Adds later measurements to a run, finished or not; they count even where the clock went back meanwhile."""
        self._client.write(run_id, metrics=grouped_metrics(metrics), not_before=self._client.after(run_id))

    def add_artifacts(self, run_id: str, folder: Path, path: str = "") -> None:
        """Copies what is in `folder` into a run's folder `path`, over what is there; the run may have finished."""
        kept = tables.artifact_folder(self._file, run_id) if self._file else None
        if kept:
            files.upload(folder, kept, path)
        else:
            self._client.upload(run_id, folder, path)
            self._client.mark(run_id)

    def publish(self, run_id: str, name: str, alias: str, model: TextModel) -> str:
        """Registers a run's model as `name@alias` for `mlflow models serve`; returns its address, `models:/...`."""
        return publish(self._client.registry, run_id, name, alias, model)

    def kill_stale(self, keys: Collection[str] | None = None) -> list[str]:
        """Ends the runs (of `keys`, or any) that nobody is at any more; returns their ids.

        Their process on this machine is gone, or they have given a server no sign of life for long.
        """
        now = self._client.server_time()
        going_on = self._client.runs(list(self._client.experiments()), GOING_ON)
        asked = [run for run in going_on if keys is None or run.data.tags.get("key") in keys]
        stale = [run.info.run_id for run in asked if is_stale(run, now)]
        for run_id in stale:
            ActiveRun(self._client, run_id).kill()
        return stale

    def _experiments_of(self, suite: str) -> list[str]:
        own = self._experiments.get(suite)
        return [own] if own else [e for e, name in self._client.experiments().items() if name == suite]

    def _suites(self) -> dict[str, str]:
        """By experiment id."""
        return tables.experiments(self._file) if self._file else self._client.experiments()
