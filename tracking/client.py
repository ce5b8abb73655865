"""All that is asked of mlflow about experiments and runs, with explicit run ids."""

import hashlib
import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from tracking.asking import Asker
from tracking.config import SERVERS, TrackingConfig, is_local, sqlite_path
from tracking.environment import PROBE, environment
from tracking.errors import StoreError
from tracking.interface import without_password
from tracking.names import CHANGED
from tracking.pulse import Pulse
from tracking.registry import Registry
from tracking.sqlite import prepare
from tracking.view import view_tags

PAGE = 1000
VIEWS = {"active": ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all": ViewType.ALL}
"""Which runs a question is about."""
NO_ANSWER = ". Nothing was begun: see that this store answers, or name another by --tracking-uri or in mlflow.yml."
"""Ends the message where a store does not answer its first question."""
SUITE_TAG = "suite"

for _logger in ("mlflow", "alembic", "sqlalchemy"):
    logging.getLogger(_logger).setLevel(logging.ERROR)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it prints what is asked again


class Client:
    """One store's MLflow client. Every method raises StoreError, with what the store said, and nothing else."""

    def __init__(self, config: TrackingConfig, *, create: bool = True) -> None:
        self.uri = config.tracking_uri or ""
        self._location = config.artifact_location
        self._asker = Asker(self.uri)
        self.pulse = Pulse(self._beat if self.uri.startswith(SERVERS) else None)
        if is_local(self.uri):
            self._asker.ask(lambda: prepare(sqlite_path(self.uri), create=create))
        with environment(PROBE), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about tables of MLflow's
            self._mlflow = self._asker.ask(lambda: MlflowClient(tracking_uri=self.uri, registry_uri=self.uri))
            self._asker.ask(lambda: self._mlflow.search_experiments(max_results=1), or_else=NO_ANSWER)
        self.registry = Registry(self.uri, self._mlflow, self._asker)

    def experiment(self, suite: str, tags: Mapping[str, str]) -> str:
        """Id of the suite's experiment, which is created with these tags where there is none."""
        found = self._asker.ask(lambda: self._mlflow.get_experiment_by_name(suite))
        if found is None:
            location = f"{self._location.rstrip('/')}/{_folder_name(suite)}" if self._location else None
            self._asker.ask(lambda: self._created(suite, location, {**tags, SUITE_TAG: suite, **view_tags()}))
            found = self._asker.ask(lambda: self._mlflow.get_experiment_by_name(suite))
        if found is None or found.lifecycle_stage != "active":
            raise StoreError(
                f"The experiment {suite!r} was deleted in {without_password(self.uri)}. Restore it with "
                f"`mlflow experiments restore`, or give the suite another name."
            )
        for name, value in ({SUITE_TAG: suite} | view_tags()).items():
            if name not in found.tags:
                self._tag(str(found.experiment_id), name, value)
        return str(found.experiment_id)

    def _tag(self, experiment: str, name: str, value: str) -> None:
        self._asker.ask(lambda: self._mlflow.set_experiment_tag(experiment, name, value))

    def experiments(self) -> dict[str, str]:
        """Suite by experiment id, of the experiments that hold a suite's runs."""
        pages = self._asker.pages(
            lambda token: self._mlflow.search_experiments(max_results=PAGE, order_by=["name ASC"], page_token=token)
        )
        experiments: Iterator[Experiment] = (experiment for page in pages for experiment in page)
        return {e.experiment_id: e.tags[SUITE_TAG] for e in experiments if SUITE_TAG in e.tags}

    def suite(self, experiment: str) -> tuple[str, dict[str, str]]:
        """Name of the suite whose runs an experiment holds, and all of the experiment's tags."""
        tags = dict(self._asker.ask(lambda: self._mlflow.get_experiment(experiment)).tags)
        return tags[SUITE_TAG], tags

    def created(self, experiment: str) -> int | None:
        """When an experiment was, in milliseconds since 1970; None of one that MLflow before 1.29 made."""
        found: int | None = self._asker.ask(lambda: self._mlflow.get_experiment(experiment)).creation_time
        return found

    def create(
        self, experiment: str, name: str, tags: Mapping[str, str], parent: str | None, start_time: int | None = None
    ) -> str:
        """Id of a new run; `start_time`, in milliseconds since 1970, is now where none is given."""
        tags = dict(tags) | ({MLFLOW_PARENT_RUN_ID: parent} if parent else {})
        run = self._asker.ask(lambda: self._mlflow.create_run(experiment, start_time, tags, name))
        return str(run.info.run_id)

    def write(
        self,
        run_id: str,
        *,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        not_before: int = 0,
    ) -> None:
        """One request for all that is given. `not_before` is a time in ms, from `after`."""
        now = max(_now(), not_before)
        points = [Metric(name, value, now, 0) for name, value in (metrics or {}).items()]
        entities = (
            [Param(name, value) for name, value in (params or {}).items()],
            [RunTag(name, value) for name, value in (tags or {}).items()],
        )
        if points or any(entities):
            self._asker.ask(lambda: self._mlflow.log_batch(run_id, [*points, *self._mark()], *entities))

    def mark(self, run_id: str) -> None:
        """Says of a server's run that it has changed; `write` does so itself. See `remembered.py`."""
        self._asker.ask(lambda: self._mlflow.log_batch(run_id, self._mark()))

    def _beat(self, run_id: str) -> None:
        """Lets no point go first: they may be waiting for a server that is away."""
        self._mlflow.log_batch(run_id, self._mark())

    def _mark(self) -> list[Metric]:
        now = self.server_time()
        return [] if now is None else [Metric(CHANGED, now, now, 0)]

    def server_time(self) -> int | None:
        """Milliseconds since 1970 by the server's clock; None where there is no server, or it does not tell."""
        return self._asker.server_time()

    def write_points(self, run_id: str, points: Sequence[Metric]) -> None:
        """Adds points of another run's curves, as they are; those that the run has already are not added again."""
        plain = [Metric(point.key, point.value, point.timestamp, point.step) for point in points]
        if plain:
            self._asker.ask(lambda: self._mlflow.log_batch(run_id, plain))

    def write_point(self, run_id: str, metrics: Mapping[str, float], step: int) -> None:
        """A point of curves. A server is not waited for; see `Asker.send`."""
        now = _now()
        points = [Metric(name, value, now, step) for name, value in metrics.items()]
        self._asker.send(lambda: self._mlflow.log_batch(run_id, points))

    def write_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Of a run that has just begun. A server is not waited for; see `Asker.send`."""
        entities = [Param(name, value) for name, value in params.items()]
        if entities:
            self._asker.send(lambda: self._mlflow.log_batch(run_id, self._mark(), entities))

    def after(self, run_id: str) -> int:
        """A time in ms that MLflow takes for later than that of any figure of the run, even if the clock went back."""
        known = self._asker.ask(lambda: self._mlflow.get_run(run_id)).data.to_proto().metrics
        return max((int(metric.timestamp) + 1 for metric in known), default=0)

    def end(self, run_id: str, status: str, end_time: int | None = None) -> None:
        """`end_time`, in milliseconds since 1970, is now where none is given."""
        self._asker.ask(lambda: self._mlflow.set_terminated(run_id, status, end_time))

    def runs(self, experiments: Sequence[str], query: str = "", *, view: str = "active") -> list[Run]:
        """Oldest first: pages are cut by offset, and new runs then come at the end of the last one."""
        if not experiments:
            return []
        pages = self._asker.pages(
            lambda token: self._mlflow.search_runs(
                list(experiments),
                query,
                VIEWS[view],
                PAGE,
                ["attributes.start_time ASC", "attributes.run_id ASC"],
                token,
            )
        )
        return list({run.info.run_id: run for page in pages for run in page}.values())

    def points(self, run_id: str, metric: str) -> list[Metric]:
        """A curve, with its times."""
        return list(self._asker.ask(lambda: self._mlflow.get_metric_history(run_id, metric)))

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """(step, value) of each point."""
        return [(point.step, point.value) for point in self.points(run_id, metric)]

    def upload(self, run_id: str, folder: Path, path: str) -> None:
        self._asker.ask(lambda: self._mlflow.log_artifacts(run_id, str(folder), path or None))

    def download(self, run_id: str, path: str, to: Path) -> Path:
        to.mkdir(parents=True, exist_ok=True)
        return Path(self._asker.ask(lambda: self._mlflow.download_artifacts(run_id, path, str(to))))

    def files(self, run_id: str, folder: str) -> list[str]:
        return [file.path for file in self._asker.ask(lambda: self._mlflow.list_artifacts(run_id, folder))]

    def _created(self, suite: str, location: str | None, tags: dict[str, str]) -> None:
        try:
            self._mlflow.create_experiment(suite, artifact_location=location, tags=tags)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


NAME_CHARACTERS = 64
"""Of a folder's name, before what tells it from others."""


def _folder_name(suite: str) -> str:
    """A name that stays inside its folder, and one for each suite."""
    plain = re.sub(r"[^\w-]", "_", suite, flags=re.ASCII)
    return (
        plain
        if plain == suite and len(plain) <= NAME_CHARACTERS
        else f"{plain[:NAME_CHARACTERS]}-{hashlib.sha256(suite.encode()).hexdigest()[:8]}"
    )
