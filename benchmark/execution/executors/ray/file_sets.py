"""Input files of one machine, sent through the run store to machines that lack them.

What belongs together is a file set: a data set's files, a model's folder, a file of vectors. It is kept once, by its
content, as a run of the role `data`; another machine unpacks it into its cache when it first asks for one of the files.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from filelock import FileLock

from benchmark.core.cache import file_digest, file_set_folder, lock_path, verify, write_dir_atomic
from benchmark.core.errors import InputError, RunError
from benchmark.core.run_store import open_store
from benchmark.core.spec import digest
from benchmark.execution.run_description import NOTE, file_set_note
from tracking import Store

ROLE = "data"


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file of a file set."""

    name: str
    """In the file set."""
    path: str
    """On the machine that sends it; absolute."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileSet:
    """Files that belong together, as they were when they were packed."""

    title: str
    entries: tuple[FileEntry, ...]
    folder: str = ""
    """Absolute path of the folder that is sent, where it is one."""
    patterns: tuple[str, ...] = ()
    """What is packed of the folder."""
    run_id: str = ""
    """Of the run that keeps it."""

    @classmethod
    def of_files(cls, title: str, files: Mapping[str, str]) -> "FileSet":
        """Of paths by their names in the file set. Raises OSError where one cannot be read."""
        paths = {name: Path(path).absolute() for name, path in files.items()}
        entries = (FileEntry(name=name, path=str(path), sha256=file_digest(path)) for name, path in paths.items())
        return cls(title=title, entries=tuple(entries))

    @classmethod
    def of_folder(cls, title: str, folder: str, patterns: tuple[str, ...]) -> "FileSet":
        """Of the files in a folder that match. Raises OSError where one cannot be read."""
        root = Path(folder).absolute()
        found = sorted({path for pattern in patterns for path in root.glob(pattern)})
        packed = cls.of_files(title, {path.name: str(path) for path in found})
        return replace(packed, folder=str(root), patterns=patterns)

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
        """Path of an entry on the machine that sends it; for the empty name, of the folder."""
        return next((each.path for each in self.entries if each.name == entry), self.folder)

    def stored(self, suite: str, store: Store) -> "FileSet":
        """The same, kept with a run of the suite, which is made where none holds all of it.

        Raises InputError where a file changes meanwhile.
        """
        finished = [record.run_id for record in store.records_of_key(suite, self.key) if record.status == "finished"]
        names = {entry.name for entry in self.entries}
        whole = [run_id for run_id in finished if names <= {*store.files(run_id, "")}]
        return replace(self, run_id=whole[-1] if whole else self._send(suite, store))

    def fetched(self, store: Store) -> Path:
        """The folder of this machine's cache with its entries, fetched from the store where the cache lacks them.

        Raises StoreError where the store does not give them, RunError where they are others than were sent.
        """
        folder = file_set_folder(self.key)
        with FileLock(lock_path(self.key)):
            if not verify(folder):
                write_dir_atomic(folder, partial(self._fetch, store))
        return folder

    def _read_again(self) -> "FileSet":
        if self.folder:
            packed = self.of_folder(self.title, self.folder, self.patterns)
        else:
            packed = self.of_files(self.title, {entry.name: entry.path for entry in self.entries})
        return replace(packed, run_id=self.run_id)

    def _send(self, suite: str, store: Store) -> str:
        """Id of the run. It counts once it is finished, and it is finished only if nothing has changed meanwhile."""
        tags = {"role": ROLE, "key": self.key, NOTE: file_set_note(self.title)}
        run = store.begin(suite, f"{ROLE}.{self.title}", tags=tags, params={})
        try:
            with tempfile.TemporaryDirectory() as folder:
                for entry in self.entries:
                    (Path(folder) / entry.name).symlink_to(entry.path)
                run.log_artifacts(Path(folder))
            self._require_unchanged()
        except BaseException:
            run.kill()
            raise
        run.finish({})
        return run.run_id

    def _require_unchanged(self) -> None:
        if not self.is_local():
            where = self.folder or ", ".join(entry.path for entry in self.entries)
            raise InputError(f"{where} was changed while it was sent to the nodes. Type the same command again.")

    def _fetch(self, store: Store, draft: Path) -> None:
        for entry in self.entries:
            if file_digest(store.download(self.run_id, entry.name, draft)) != entry.sha256:
                raise RunError(
                    f"{entry.name} of run {self.run_id} ({ROLE}.{self.title}) is not the file that was sent. Delete "
                    "that run, and type the same command again to have it sent anew."
                )


Locations = Mapping[str, tuple[FileSet, str]]
"""File set and entry of each file or folder by the name that the command uses; the empty entry is the folder."""


@dataclass(frozen=True)
class PathResolver:
    """Where something lies on this machine that the command named on its own. It is pickled on the way to a node."""

    uri: str
    locations: Locations

    def __call__(self, name: str) -> str:
        """Fetches it where it is not here. What is no file or folder of the command's keeps its name.

        Raises what `FileSet.unpacked` raises.
        """
        if name not in self.locations:
            return name
        file_set, entry = self.locations[name]
        folder = _folder(self.uri, file_set)
        return str(folder / entry) if folder else file_set.path(entry)


_store = cache(open_store)


@cache
def _folder(uri: str, file_set: FileSet) -> Path | None:
    """Looked for once a process; None where the files lie here as they did there."""
    return None if file_set.is_local() else file_set.fetched(_store(uri))
