"""Runs of one store brought into another, each once, whatever interrupts it.

A run is the same run wherever it lies: its copy carries the id that it was begun with as the tag `merged_from`. What a
reader goes by (key, role, status, ...) is written last, all at once and together with the tag `merged_at`; a copy that
lacks it is no run yet, and the next call goes on with it. A copy that came before a run that it names (a trial before
its study) names that run's copy once there is one.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.config import ARTIFACTS, is_local, resolve, sqlite_path
from tracking.errors import StoreError
from tracking.interface import without_password
from tracking.names import CHANGED
from tracking.provenance import OWNER, owner
from tracking.whereabouts import folder_of, lying, require_no_links

if TYPE_CHECKING:
    from mlflow.entities import Run

    from tracking.client import Client

ORIGIN, WHOLE = "merged_from", "merged_at"
PARENT, ROLE = "mlflow.parentRunId", "role"
REPORT = "report"
"""Role of the run that holds a suite's report, which every store has of its own."""


class Merge:
    """What one store lacks of another's runs, looked up when this is made; `copy` brings it over."""

    def __init__(self, source: "Client", target: "Client") -> None:
        self._source, self._target = source, target
        runs = [run for run in source.runs(list(source.experiments())) if not _is_half(run) and not _is_report(run)]
        ended = [run for run in runs if run.info.status != "RUNNING"]
        there = target.runs(list(target.experiments()), view="all")
        whole = {_origin(run) for run in there if not _is_half(run) or run.info.lifecycle_stage == "deleted"}
        self._runs = ended
        self._lacking = [run for run in ended if _origin(run) not in whole]
        self._copies = [run for run in there if ORIGIN in run.data.tags and run.info.lifecycle_stage == "active"]
        self._origins = {run.info.run_id: _origin(run) for run in runs}
        self._places = {_origin(run): run.info.run_id for run in there}
        self._experiments: dict[str, str] = {}
        self._added_to = self._found_added_to([run for run in there if run.info.lifecycle_stage == "active"])
        self.n_missing = len(self._lacking)
        self.n_present = len(ended) - len(self._lacking)
        """Deleted ones among them: what was deleted there does not come back."""
        self.n_running = len(runs) - len(ended)
        """Not copied before they have ended."""

    @classmethod
    def between(cls, source_uri: str, target_uri: str | None = None) -> "Merge":
        """Of two addresses as `Store.open` takes them; the first has to be a store already.

        Raises what `Store.open` raises, and StoreError where both are the same.
        """
        source, target = resolve(source_uri), resolve(target_uri)
        if source.tracking_uri == target.tracking_uri:
            raise StoreError(
                f"{without_password(source_uri)} cannot be merged into itself. Give the store to copy to behind it, "
                "or name it in mlflow.yml."
            )
        from tracking.client import Client  # imports mlflow, which takes seconds

        return cls(Client(source, create=False), Client(target))

    @property
    def addresses(self) -> tuple[str, str]:
        """Of the store to copy from and the one to copy to, without passwords."""
        return without_password(self._source.uri), without_password(self._target.uri)

    def copy(self) -> Iterator[str]:
        """Copies what is lacking, oldest first; yields the name of each run that has come over whole.

        All get their places first, so that they can name each other: a child its parent, a study its best trial.
        """
        kept = self._kept()
        for run in self._lacking:
            if _origin(run) not in self._places:
                self._places[_origin(run)] = self._begin(run)
        self._rename_copies()
        for run in self._added_to:
            self._add(run, self._places[_origin(run)], kept)
        for run in self._lacking:
            self._fill(run, self._places[_origin(run)], kept)
            yield run.info.run_name

    def _found_added_to(self, there: Sequence["Run"]) -> list["Run"]:
        """Runs that came before they were measured: with the child that comes now, they were added to."""
        origins = {run.info.run_id: _origin(run) for run in there}
        known = {(origins.get(run.data.tags.get(PARENT, "")), run.data.tags.get(ROLE)) for run in there}
        come = {(self._origins.get(run.data.tags.get(PARENT, "")), run.data.tags.get(ROLE)) for run in self._lacking}
        parents = {parent for parent, _ in come - known} & set(origins.values())
        lacking = {_origin(run) for run in self._lacking}
        return [run for run in self._runs if _origin(run) in parents - lacking]

    def _kept(self) -> dict[Path, Path]:
        """Of the folders that the source names, those that are there, and where."""
        if not self._lacking or not is_local(self._source.uri):
            return {}
        told = {run.info.run_id: folder for run in self._runs if (folder := self._folder(run))}
        kept = lying(told.values(), sqlite_path(self._source.uri).parent / ARTIFACTS) if told else {}
        for run in [*self._added_to, *self._lacking]:
            if place := kept.get(told.get(run.info.run_id, Path())):
                require_no_links(place, run.info.run_id)
        return kept

    def _begin(self, run: "Run") -> str:
        tags = {ORIGIN: _origin(run), OWNER: owner()}  # so that `kill_stale` can tell when nobody goes on with it
        experiment = self._experiment(run.info.experiment_id)
        return self._target.create(experiment, run.info.run_name, tags, None, start_time=run.info.start_time)

    def _experiment(self, known: str) -> str:
        """Id in the target of what is `known` in the source, made there with the same tags where there is none."""
        if known not in self._experiments:
            suite, tags = self._source.suite(known)
            self._experiments[known] = self._target.experiment(suite, tags)
        return self._experiments[known]

    def _rename_copies(self) -> None:
        """Those that came before."""
        for run in self._copies:
            tags = {name: value for name, value in run.data.tags.items() if name != ORIGIN}
            self._target.write(run.info.run_id, tags=dict(self._renamed(tags).items() - tags.items()))

    def _fill(self, run: "Run", new: str, kept: Mapping[Path, Path]) -> None:
        self._target.write(new, params=run.data.params)
        self._add(run, new, kept)
        self._target.end(new, run.info.status, run.info.end_time)
        marks = {ORIGIN: _origin(run), WHOLE: datetime.now(UTC).isoformat(timespec="seconds")}
        self._target.write(new, tags=self._renamed(run.data.tags) | marks)

    def _add(self, run: "Run", new: str, kept: Mapping[Path, Path]) -> None:
        """Curves and files; those that are there already are no others."""
        names = [name for name in run.data.metrics if name != CHANGED]
        points = [point for name in names for point in self._source.points(run.info.run_id, name)]
        self._target.write_points(new, points)
        with tempfile.TemporaryDirectory() as scratch:
            self._target.upload(new, self._files(run, kept, Path(scratch)), "")
        self._target.mark(new)

    def _renamed(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Where a tag is the id of a run, it becomes the id of that run's copy, where there is one."""
        return {name: self._places.get(self._origins.get(value, value), value) for name, value in tags.items()}

    def _files(self, run: "Run", kept: Mapping[Path, Path], scratch: Path) -> Path:
        """A folder that holds the run's files and nothing else: where they lie, or fetched into `scratch`."""
        told = self._folder(run)
        return kept.get(told, scratch) if told else self._source.download(run.info.run_id, "", scratch)

    def _folder(self, run: "Run") -> Path | None:
        """As the source names it; None where the run's files are fetched."""
        return folder_of(run.info.artifact_uri, run.info.run_id) if is_local(self._source.uri) else None


def _origin(run: "Run") -> str:
    return str(run.data.tags.get(ORIGIN, run.info.run_id))


def _is_half(run: "Run") -> bool:
    return ORIGIN in run.data.tags and WHOLE not in run.data.tags


def _is_report(run: "Run") -> bool:
    return run.data.tags.get(ROLE) == REPORT
