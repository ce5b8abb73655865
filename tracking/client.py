"""Client of one store: the only caller of mlflow about experiments and runs, always with explicit run ids."""

import hashlib
import logging
import math
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils import get_results_from_paginated_fn
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from tracking.config import (
    PROBE,
    IsEnding,
    StoreError,
    TrackingConfig,
    environment,
    is_local,
    is_server,
    sqlite_path,
    without_password,
)
from tracking.connection import Connection, connect
from tracking.provenance import RunInput, again_if_taken
from tracking.registry import Registry
from tracking.runs import CHANGED, SUITE_TAG, Heartbeat
from tracking.sqlite_store import create_store, require_store
from tracking.ui import Layout

PAGE = 1000
VIEWS = {"active": ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all": ViewType.ALL}
ORDER = ["attributes.start_time ASC", "attributes.run_id ASC"]
"""Pages are cut by offset: runs that are started meanwhile come at the end of the last page."""
NO_ANSWER = ". Nothing was started. Start this store, or name another by --tracking-uri or in mlflow.yml."
"""End of the message about a store that does not answer its first request."""
NAME_CHARACTERS = 64
"""Characters of a suite's name in that of its folder."""

for _logger in ("mlflow", "alembic", "sqlalchemy"):
    logging.getLogger(_logger).setLevel(logging.ERROR)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it prints requests that are retried


class Client:
    """MLflow client of one store. Methods raise StoreError, with the store's message, and nothing else."""

    def __init__(
        self, config: TrackingConfig, layout: Layout, is_ending: IsEnding, *, create: bool = True, probe: bool = True
    ) -> None:
        """With `probe`, a store that does not answer fails at once."""
        self.uri = config.tracking_uri or ""
        self.groups = layout.groups
        self._view = layout.view
        self._location = config.artifact_location
        self._connection = Connection(self.uri, is_ending)
        self._call = self._connection.call
        self.heartbeat = Heartbeat(self._beat if is_server(self.uri) else None)
        hint = NO_ANSWER if probe else ""
        if is_local(self.uri):
            path, prepare = sqlite_path(self.uri), create_store if create else require_store
            self._call(lambda: prepare(path))
        elif not is_server(self.uri):
            self._call(lambda: connect(self.uri), hint=hint)
        with environment(PROBE if probe else {}), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy warns about MLflow's tables
            self._mlflow = self._call(lambda: MlflowClient(tracking_uri=self.uri, registry_uri=self.uri))
            self._call(lambda: self._mlflow.search_experiments(max_results=1), hint=hint)
        self.registry = Registry(self.uri, self._mlflow, self._connection)

    def experiment(self, suite: str, tags: Mapping[str, str]) -> str:
        """Id of the suite's experiment, which is created with these tags if it is missing."""
        own = {SUITE_TAG: suite} | self._view.experiment_tags()
        find = partial(self._mlflow.get_experiment_by_name, suite)
        experiment = self._call(find)
        if experiment is None:
            self._call(lambda: self._create_experiment(suite, {**tags, **own}))
            experiment = self._call(find)
        if experiment is None or experiment.lifecycle_stage != "active":
            raise StoreError(
                f"The experiment {suite!r} was deleted in {without_password(self.uri)}. Restore it with "
                f"`mlflow experiments restore`, or give the suite another name."
            )
        for name, value in own.items():
            if name not in experiment.tags:
                self._call(partial(self._mlflow.set_experiment_tag, experiment.experiment_id, name, value))
        return str(experiment.experiment_id)

    def experiments(self) -> dict[str, str]:
        """Suite by experiment id, without experiments that belong to no suite."""
        search = partial(self._mlflow.search_experiments, order_by=["name ASC"])
        experiments: list[Experiment] = self._all(lambda size, token: search(max_results=size, page_token=token))
        return {e.experiment_id: e.tags[SUITE_TAG] for e in experiments if SUITE_TAG in e.tags}

    def stored_experiment(self, experiment: str) -> Experiment:
        """MLflow's entity, with tags and creation time, of an id."""
        return self._call(lambda: self._mlflow.get_experiment(experiment))

    def create_run(
        self, experiment: str, name: str, tags: Mapping[str, str], parent: str | None, start_time: int | None = None
    ) -> str:
        """Id of a new run; `start_time` is in ms since 1970, by default now."""
        tags = dict(tags) | ({MLFLOW_PARENT_RUN_ID: parent} if parent else {})
        run = self._call(lambda: self._mlflow.create_run(experiment, start_time, tags, name))
        return str(run.info.run_id)

    def log(
        self,
        run_id: str,
        *,
        metrics: Mapping[str, float | None] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        not_before: int = 0,
    ) -> None:
        """Logs everything in one request. `metrics` are by column; `not_before` is a time from `next_timestamp`."""
        points = self._points(metrics or {}, max(_now(), not_before), step=0)
        entities = (
            [Param(name, value) for name, value in (params or {}).items()],
            [RunTag(name, value) for name, value in (tags or {}).items()],
        )
        if points or any(entities):
            self._call(lambda: self._mlflow.log_batch(run_id, [*points, *self._change()], *entities))

    def log_point(self, run_id: str, metrics: Mapping[str, float | None], step: int) -> None:
        """Adds a point to each curve, without waiting for a server."""
        points = self._points(metrics, _now(), step)
        self._connection.send(lambda: self._mlflow.log_batch(run_id, points))

    def log_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Logs parameters of a new run, without waiting for a server."""
        entities = [Param(name, value) for name, value in params.items()]
        if entities:
            self._connection.send(lambda: self._mlflow.log_batch(run_id, self._change(), entities))

    def log_inputs(self, run_id: str, inputs: Sequence[RunInput]) -> None:
        """Logs data sets that a run reads."""
        entities = [one.entity() for one in inputs]
        again_if_taken(lambda: self._call(lambda: self._mlflow.log_inputs(run_id, entities)))

    def copy_points(self, run_id: str, points: Sequence[Metric]) -> None:
        """Adds points of another run's curves, except those that the run has."""
        plain = [Metric(point.key, point.value, point.timestamp, point.step) for point in points]
        if plain:
            self._call(lambda: self._mlflow.log_batch(run_id, plain))

    def mark_changed(self, run_id: str) -> None:
        """Sets CHANGED of a server's run, as `log` does too; see `record_cache`."""
        self._call(lambda: self._mlflow.log_batch(run_id, self._change()))

    def server_time(self) -> int | None:
        """The server's clock, in ms since 1970; None without a server."""
        return self._connection.server_time()

    def next_timestamp(self, run_id: str) -> int:
        """A time in ms after all metrics of the run, so that a metric becomes the latest even if the clock is late."""
        metrics = self._call(lambda: self._mlflow.get_run(run_id)).data.to_proto().metrics
        return max((int(metric.timestamp) + 1 for metric in metrics), default=0)

    def is_deleted(self, run_id: str) -> bool:
        """Whether the run was deleted, in MLflow's UI for example."""
        try:
            run = self._call(lambda: self._mlflow.get_run(run_id))
        except StoreError as error:
            if getattr(error.__cause__, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
                return True
            raise
        return bool(run.info.lifecycle_stage != "active")

    def end_run(self, run_id: str, status: str, end_time: int | None = None) -> None:
        """Sets MLflow's status; `end_time` is in ms since 1970, by default now."""
        self._call(lambda: self._mlflow.set_terminated(run_id, status, end_time))

    def runs(self, experiments: Sequence[str], query: str = "", *, view: str = "active") -> list[Run]:
        """Runs of the experiments, oldest first; `view` is a key of VIEWS."""
        if not experiments:
            return []
        ids = list(experiments)
        runs: list[Run] = self._all(
            lambda size, token: self._mlflow.search_runs(ids, query, VIEWS[view], size, ORDER, token)
        )
        return list({run.info.run_id: run for run in runs}.values())

    def points(self, run_id: str, metric: str) -> list[Metric]:
        """Points of a curve; `metric` is MLflow's name."""
        return list(self._call(lambda: self._mlflow.get_metric_history(run_id, metric)))

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(step, value) of each point of a curve; `metric` is MLflow's name."""
        return [(point.step, point.value) for point in self.points(run_id, metric)]

    def log_artifacts(self, run_id: str, folder: Path, path: str) -> None:
        self._call(lambda: self._mlflow.log_artifacts(run_id, str(folder), path or None))

    def download(self, run_id: str, path: str, to: Path) -> Path:
        to.mkdir(parents=True, exist_ok=True)
        return Path(self._call(lambda: self._mlflow.download_artifacts(run_id, path, str(to))))

    def files(self, run_id: str, folder: str) -> list[str]:
        return [file.path for file in self._call(lambda: self._mlflow.list_artifacts(run_id, folder))]

    def _all(self, search: Callable[[int, str | None], list[Any]]) -> list[Any]:
        """Results of all pages; `search` takes the size of a page and the token of the previous one."""
        pages = get_results_from_paginated_fn(lambda *page: self._call(lambda: search(*page)), PAGE)  # type: ignore[no-untyped-call]
        return list(pages)

    def _create_experiment(self, suite: str, tags: dict[str, str]) -> None:
        location = f"{self._location.rstrip('/')}/{_folder_name(suite)}" if self._location else None
        try:
            self._mlflow.create_experiment(suite, artifact_location=location, tags=tags)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _points(self, metrics: Mapping[str, float | None], time_ms: int, step: int) -> list[Metric]:
        """MLflow's metrics. Infinities are stored as NaN: MLflow would make large numbers of them."""
        return [
            Metric(self.groups.metric_name(name), float(x) if math.isfinite(x) else math.nan, time_ms, step)
            for name, x in metrics.items()
            if x is not None
        ]

    def _change(self) -> list[Metric]:
        now = self.server_time()
        return [] if now is None else [Metric(CHANGED, now, now, 0)]

    def _beat(self, run_id: str) -> None:
        """Not by `_call`, which would wait for points that wait for a server."""
        self._mlflow.log_batch(run_id, self._change())


def _now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def _folder_name(suite: str) -> str:
    """Name of a suite's folder: only characters of file names, and different for each suite."""
    plain = re.sub(r"[^\w-]", "_", suite, flags=re.ASCII)
    if plain == suite and len(plain) <= NAME_CHARACTERS:
        return plain
    return f"{plain[:NAME_CHARACTERS]}-{hashlib.sha256(suite.encode()).hexdigest()[:8]}"
