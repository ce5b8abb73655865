"""Input files sent to other machines through the run store.

A file set holds files that belong together: those of a data set, a model's folder, a vector file. It is stored once per
content, as a run of the role `data`; a machine that lacks the files fetches them into its cache at first use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from filelock import FileLock

from benchmark.core.cache import file_digest, verify, write_dir_atomic
from benchmark.core.errors import InputError, RunError
from benchmark.core.locks import lock_path
from benchmark.core.run_store import open_store
from benchmark.core.spec import digest
from tracking import NOTE, Store, cache_folder, scratch_folder

ROLE = "data"


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file of a file set."""

    name: str
    """Name in the file set."""
    path: str
    """Absolute path on the sending machine."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileSet:
    """Files that belong together, with their checksums."""

    title: str
    entries: tuple[FileEntry, ...]
    folder: str = ""
    """Absolute path of a folder sent as such; else empty."""
    patterns: tuple[str, ...] = ()
    """Glob patterns of the folder's files that are sent."""
    run_id: str = ""
    """Id of the run that stores it."""

    @classmethod
    def of_files(cls, title: str, files: Mapping[str, str]) -> "FileSet":
        """From paths by name. Raises OSError if one cannot be read."""
        paths = {name: Path(path).absolute() for name, path in files.items()}
        entries = (FileEntry(name=name, path=str(path), sha256=file_digest(path)) for name, path in paths.items())
        return cls(title=title, entries=tuple(entries))

    @classmethod
    def of_folder(cls, title: str, folder: str, patterns: tuple[str, ...]) -> "FileSet":
        """From a folder's matching files. Raises OSError if one cannot be read."""
        root = Path(folder).absolute()
        found = sorted({path for pattern in patterns for path in root.glob(pattern)})
        file_set = cls.of_files(title, {path.name: str(path) for path in found})
        return replace(file_set, folder=str(root), patterns=patterns)

    @property
    def key(self) -> str:
        """Hex SHA-256 of names and contents."""
        return digest({entry.name: entry.sha256 for entry in self.entries})

    def is_local(self) -> bool:
        """Whether this machine has the same files in the same place."""
        try:
            return self._read_again() == self
        except OSError:
            return False

    def path(self, entry: str) -> str:
        """Path of an entry on the sending machine; of the folder for the empty name."""
        return next((each.path for each in self.entries if each.name == entry), self.folder)

    def stored(self, suite: str, store: Store) -> "FileSet":
        """The file set with the id of a run of the suite that stores it; uploads it unless a run has all of its files.

        Raises InputError if a file changes meanwhile.
        """
        finished = [record.run_id for record in store.records_of_key(suite, self.key) if record.status == "finished"]
        names = {entry.name for entry in self.entries}
        complete = [run_id for run_id in finished if names <= {*store.files(run_id, "")}]
        return replace(self, run_id=complete[-1] if complete else self._send(suite, store))

    def fetched(self, store: Store) -> Path:
        """Folder in this machine's cache with the entries, fetched from the store if missing or damaged.

        Raises StoreError if the store does not deliver them, RunError if their checksums differ.
        """
        folder = cache_folder() / "parcels" / self.key
        with FileLock(lock_path(self.key)):
            if not verify(folder):
                write_dir_atomic(folder, partial(self._fetch, store))
        return folder

    def _read_again(self) -> "FileSet":
        if self.folder:
            file_set = self.of_folder(self.title, self.folder, self.patterns)
        else:
            file_set = self.of_files(self.title, {entry.name: entry.path for entry in self.entries})
        return replace(file_set, run_id=self.run_id)

    def _send(self, suite: str, store: Store) -> str:
        """Id of the run, which is finished only if no file has changed meanwhile."""
        note = f"Files of **{self.title}** under Artifacts: machines of a cluster that lack them read them here."
        tags = {"role": ROLE, "key": self.key, NOTE: note}
        run = store.begin(suite, f"{ROLE}.{self.title}", tags=tags, params={})
        try:
            with scratch_folder() as folder:
                for entry in self.entries:
                    (folder / entry.name).symlink_to(entry.path)
                run.log_artifacts(folder)
            if not self.is_local():
                where = self.folder or ", ".join(entry.path for entry in self.entries)
                raise InputError(f"{where} changed while it was sent to the nodes. Run the same command again.")
        except BaseException:
            run.kill()
            raise
        run.finish({})
        return run.run_id

    def _fetch(self, store: Store, draft: Path) -> None:
        for entry in self.entries:
            if file_digest(store.download(self.run_id, entry.name, draft)) != entry.sha256:
                raise RunError(
                    f"{entry.name} of run {self.run_id} ({ROLE}.{self.title}) is not the file that was sent. Delete "
                    "that run, and run the same command again to upload it anew."
                )


Locations = Mapping[str, tuple[FileSet, str]]
"""File set and entry of each file or folder by the name that the command uses; the empty entry is the folder."""


@dataclass(frozen=True)
class PathResolver:
    """Paths on this machine of files that the command named on another one. Picklable."""

    uri: str
    locations: Locations

    def __call__(self, name: str) -> str:
        """Path of `name` on this machine, fetched if missing; other names are returned unchanged.

        Raises the errors of `FileSet.fetched`.
        """
        if name not in self.locations:
            return name
        file_set, entry = self.locations[name]
        folder = _folder(self.uri, file_set)
        return str(folder / entry) if folder else file_set.path(entry)


_store = cache(open_store)


@cache
def _folder(uri: str, file_set: FileSet) -> Path | None:
    """Folder of the fetched files; None if this machine has the same files in the same place."""
    return None if file_set.is_local() else file_set.fetched(_store(uri))
