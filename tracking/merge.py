"""Merge of one store's runs into another: each run once and atomically, even after interruptions.

A copy has the id of the original run as its tag `merged_from`. The tags that readers go by (key, role, status, ...) are
written last, in one request and together with the tag `merged_at`; a copy without it is incomplete, and the next merge
completes it. Tags that name another run (a trial's study, a study's best trial) name its copy once there is one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.config import ARTIFACTS, IsEnding, StoreError, is_local, never, resolve, sqlite_path, without_password
from tracking.provenance import OWNER, owner
from tracking.runs import CHANGED, PARENT_TAG, SUITE_TAG
from tracking.scratch import scratch_folder
from tracking.sqlite_store import artifact_folder, require_own_folder
from tracking.ui import Layout

if TYPE_CHECKING:
    from mlflow.entities import Run

    from tracking.client import Client

ORIGIN_TAG, COMPLETE_TAG, ROLE_TAG = "merged_from", "merged_at", "role"
REPORT = "report"
"""Role of the run with a suite's report, which is not copied: each store has its own."""


class Merge:
    """Plan of a merge, made from the runs of both stores; `copy` does it."""

    def __init__(self, source: "Client", target: "Client") -> None:
        self._source, self._target = source, target
        stored = source.runs(list(source.experiments()))
        runs = [run for run in stored if _is_complete(run) and run.data.tags.get(ROLE_TAG) != REPORT]
        ended = [run for run in runs if run.info.status != "RUNNING"]
        there = target.runs(list(target.experiments()), view="all")
        active = [run for run in there if run.info.lifecycle_stage == "active"]
        present = {_origin(run) for run in there if _is_complete(run) or run.info.lifecycle_stage == "deleted"}
        self._ended = ended
        self._missing = [run for run in ended if _origin(run) not in present]
        self._older_copies = [run for run in active if ORIGIN_TAG in run.data.tags]
        self._origins = {run.info.run_id: _origin(run) for run in runs}
        self._copies = {_origin(run): run.info.run_id for run in there}
        """Run id in the target by original run id."""
        self._experiments: dict[str, str] = {}
        self._extended = self._find_extended(active)
        self.n_missing = len(self._missing)
        self.n_present = len(ended) - len(self._missing)
        """Includes runs that were deleted in the target, which are not copied again."""
        self.n_running = len(runs) - len(ended)
        """Runs that are copied only by a merge after their end."""

    @classmethod
    def between(
        cls, source_uri: str, target_uri: str | None = None, *, layout: Layout, is_ending: IsEnding = never
    ) -> "Merge":
        """Merge of two addresses, as `Store.open` takes them; the source must exist.

        Raises the errors of `Store.open`, and StoreError if both are the same store.
        """
        source, target = resolve(source_uri), resolve(target_uri)
        if source.tracking_uri == target.tracking_uri:
            raise StoreError(
                f"{without_password(source_uri)} cannot be merged into itself. Give the target as the second address, "
                "or name it in mlflow.yml."
            )
        from tracking.client import Client  # imports mlflow, which takes seconds

        return cls(Client(source, layout, is_ending, create=False), Client(target, layout, is_ending))

    @property
    def addresses(self) -> tuple[str, str]:
        """Addresses of source and target, without passwords."""
        return without_password(self._source.uri), without_password(self._target.uri)

    def copy(self) -> Iterator[str]:
        """Copies the missing runs, oldest first; yields the name of each one that is complete.

        All copies are created before the first is filled, so that they can name each other.
        """
        folders = self._artifact_folders()
        for run in self._missing:
            if _origin(run) not in self._copies:
                self._copies[_origin(run)] = self._create(run)
        self._update_older_copies()
        for run in self._extended:
            self._copy_content(run, self._copies[_origin(run)], folders)
        for run in self._missing:
            self._fill(run, self._copies[_origin(run)], folders)
            yield run.info.run_name

    def _find_extended(self, active: Sequence["Run"]) -> list["Run"]:
        """Runs that were measured after they were copied: a measurement, a missing child, adds to its parent too."""
        origins = {run.info.run_id: _origin(run) for run in active}
        present = {(origins.get(run.data.tags.get(PARENT_TAG, "")), run.data.tags.get(ROLE_TAG)) for run in active}
        new = {(self._origins.get(r.data.tags.get(PARENT_TAG, "")), r.data.tags.get(ROLE_TAG)) for r in self._missing}
        missing = {_origin(run) for run in self._missing}
        parents = ({parent for parent, _ in new - present} & set(origins.values())) - missing
        return [run for run in self._ended if _origin(run) in parents]

    def _create(self, run: "Run") -> str:
        tags = {ORIGIN_TAG: _origin(run), OWNER: owner()}  # `kill_stale` ends it if this process dies
        experiment = self._experiment(run.info.experiment_id)
        return self._target.create_run(experiment, run.info.run_name, tags, None, start_time=run.info.start_time)

    def _experiment(self, source_id: str) -> str:
        """Id of the experiment's copy, which is created with the same tags if there is none."""
        if source_id not in self._experiments:
            tags = dict(self._source.stored_experiment(source_id).tags)
            self._experiments[source_id] = self._target.experiment(tags[SUITE_TAG], tags)
        return self._experiments[source_id]

    def _update_older_copies(self) -> None:
        for run in self._older_copies:
            tags = {name: value for name, value in run.data.tags.items() if name != ORIGIN_TAG}
            self._target.log(run.info.run_id, tags=dict(self._translated(tags).items() - tags.items()))

    def _fill(self, run: "Run", copy: str, folders: Mapping[str, Path]) -> None:
        self._target.log(copy, params=run.data.params)
        self._copy_content(run, copy, folders)
        self._target.end_run(copy, run.info.status, run.info.end_time)
        marks = {ORIGIN_TAG: _origin(run), COMPLETE_TAG: datetime.now(UTC).isoformat(timespec="seconds")}
        self._target.log(copy, tags=self._translated(run.data.tags) | marks)

    def _copy_content(self, run: "Run", copy: str, folders: Mapping[str, Path]) -> None:
        """Copies curves and files; those that the copy has do not change."""
        run_id, names = run.info.run_id, [name for name in run.data.metrics if name != CHANGED]
        self._target.copy_points(copy, [point for name in names for point in self._source.points(run_id, name)])
        with scratch_folder() as scratch:
            if is_local(self._source.uri) and _named_folder(run):
                files = folders.get(run_id, scratch)
            else:
                files = self._source.download(run_id, "", scratch)
            self._target.log_artifacts(copy, files, "")
        self._target.mark_changed(copy)

    def _translated(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags with the ids of copies instead of those of the original runs."""
        return {name: self._copies.get(self._origins.get(value, value), value) for name, value in tags.items()}

    def _artifact_folders(self) -> dict[str, Path]:
        """Folder on this machine by run id, for the runs of an SQLite source that have one."""
        if not self._missing or not is_local(self._source.uri):
            return {}
        named = {run.info.run_id: folder for run in self._ended if (folder := _named_folder(run))}
        beside = sqlite_path(self._source.uri).parent / ARTIFACTS
        found = _existing(named.values(), beside) if named else {}
        folders = {run_id: found[folder] for run_id, folder in named.items() if folder in found}
        for run in [*self._extended, *self._missing]:
            if run.info.run_id in folders:
                _require_no_links(folders[run.info.run_id], run.info.run_id)
        return folders


def _origin(run: "Run") -> str:
    """Id of the original run of a copy, which may have passed through other stores; else the run's own id."""
    return str(run.data.tags.get(ORIGIN_TAG, run.info.run_id))


def _is_complete(run: "Run") -> bool:
    return ORIGIN_TAG not in run.data.tags or COMPLETE_TAG in run.data.tags


def _named_folder(run: "Run") -> Path | None:
    """The run's folder by its absolute path in an SQLite store, which may be one of another machine."""
    return artifact_folder(run.info.artifact_uri, run.info.run_id)


def _existing(folders: Collection[Path], beside: Path) -> dict[Path, Path]:
    """Path of each existing folder by its path in the store: the same, or one below `beside` if the store was moved.

    A run without files has no folder. Raises StoreError if no folder exists: the store was copied without its files.
    """
    moved = {folder: beside / folder.relative_to(_root(folder)) for folder in folders}
    found = {folder: place for folder in folders for place in (moved[folder], folder) if place.is_dir()}
    roots = {_root(folder) for folder in folders}
    if not found and any(root != beside or root.exists() for root in roots):
        tried = " or ".join(map(str, sorted({*roots, beside})))
        raise StoreError(f"None of the runs has files in {tried}. Copy the folder {beside.name} beside their store.")
    return found


def _root(folder: Path) -> Path:
    """Folder of all files of a store, whose structure is `EXPERIMENT/RUN_ID/artifacts`."""
    return folder.parents[2]


def _require_no_links(folder: Path, run_id: str) -> None:
    """Raises StoreError if a link leads out of a run's folder."""
    require_own_folder(folder.resolve(), run_id)
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise StoreError(f"{path} is a link, which may lead anywhere. Remove it, or put the file in its place.")
